using System.Globalization;
using System.Runtime.InteropServices;

namespace HiCorr.Native.Cuda.Nvidia;

/// <summary>A shared library of NVIDIA's in this process; it stays there, as its threads may outlive every user of it.</summary>
internal sealed class LoadedLibrary
{
    private readonly nint _handle;
    private readonly string _name;

    private LoadedLibrary(nint handle, string name)
    {
        _handle = handle;
        _name = name;
    }

    /// <summary>Loads the first of several names or paths that the system's loader can find; null where it finds none.</summary>
    public static LoadedLibrary? Load(IEnumerable<string> names)
    {
        foreach (string name in names)
            if (NativeLibrary.TryLoad(name, out nint handle)) return new LoadedLibrary(handle, name);
        return null;
    }

    /// <summary>The address of a function; 0 where the library has none of this name.</summary>
    public nint Find(string function) => NativeLibrary.TryGetExport(_handle, function, out nint address) ? address : 0;

    /// <summary>The file that holds a function, as the kernel mapped it; the name it was loaded by where the kernel does not tell.</summary>
    public string PathOf(nint function)
    {
        const string Maps = "/proc/self/maps";
        if (!File.Exists(Maps)) return _name;
        foreach (string line in File.ReadLines(Maps))
        {
            // "7f00-7f10 r-xp 00000000 08:01 42    /usr/lib/libcuda.so.1"
            string[] range = line.Split(' ', 2)[0].Split('-');
            int path = line.IndexOf('/');
            if (path >= 0 && function >= Hex(range[0]) && function < Hex(range[1])) return line[path..];
        }
        return _name;
    }

    private static nint Hex(string digits) => nint.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
