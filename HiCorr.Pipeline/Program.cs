using HiCorr.Pipeline.Cli;

return Application.Run(args);
