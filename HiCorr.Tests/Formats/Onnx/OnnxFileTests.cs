using Google.Protobuf;
using HiCorr.Pipeline.Formats.Onnx;

namespace HiCorr.Tests.Formats.Onnx;

public sealed class OnnxFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("clip", "split-quick", "vision_model.onnx")]
    [InlineData("clip", "half-cast", "vision_model.onnx")]
    [InlineData("clip", "text", "text_model.onnx")]
    [InlineData("tiny-pack", "", "visual.onnx")]
    [InlineData("tiny-sam", "", "decoder.onnx")]
    public void Everything_survives_reading_and_writing(string data, string folder, string file)
    {
        string source = PathOf(data, folder, file), copy = _folder.PathOf(file);
        OnnxModel model = OnnxModel.Read(source);

        OnnxWriter.Write(source, model.Proto, copy);

        // Field order may differ, the number of bytes not: nothing is lost or added.
        Assert.Equal(new FileInfo(source).Length, new FileInfo(copy).Length);
        Assert.Equal(model.Proto, OnnxModel.Read(copy).Proto);
    }

    [Fact]
    public void Fields_that_HiCorr_does_not_know_survive()
    {
        byte[] unknown = [0xD2, 0x3E, 3, .. "abc"u8]; // field 1002, three bytes
        var model = ModelProto.Parser.ParseFrom([.. OnnxModel.Read(PathOf("tiny-pack", "", "visual.onnx")).Proto.ToByteArray(), .. unknown]);

        OnnxWriter.Write("", model, _folder.PathOf("a.onnx"));

        Assert.True(File.ReadAllBytes(_folder.PathOf("a.onnx")).AsSpan().EndsWith(unknown));
    }

    [Fact]
    public void Large_weights_go_beside_the_file()
    {
        string source = PathOf("clip", "split-quick", "vision_model.onnx"), copy = _folder.PathOf("a.onnx");
        TensorProto before = OnnxModel.Read(source).Graph.Initializer.MaxBy(tensor => tensor.RawData.Length)!;

        OnnxWriter.Write(source, OnnxModel.Read(source).Proto, copy, inlineLimit: 1000);

        TensorProto after = OnnxModel.Read(copy).Graph.Initializer.First(tensor => tensor.Name == before.Name);
        Assert.False(after.HasRawData);
        Assert.Equal("a.onnx.data", after.ExternalData.First(entry => entry.Key == "location").Value);
        Assert.Equal(new OnnxTensor(source, before).Floats(), new OnnxTensor(copy, after).Floats());
    }

    [Fact]
    public void External_data_is_copied_into_the_data_of_the_new_file()
    {
        string source = PathOf("clip", "external", "vision_model.onnx"), copy = _folder.PathOf("a.onnx");

        OnnxWriter.Write(source, OnnxModel.Read(source).Proto, copy);

        OnnxModel before = OnnxModel.Read(source), after = OnnxModel.Read(copy);
        Assert.Contains(before.Graph.Initializer, tensor => tensor.ExternalData.Count > 0);
        foreach ((TensorProto old, TensorProto now) in before.Graph.Initializer.Zip(after.Graph.Initializer))
            if (old.DataType == OnnxTensor.Float) Assert.Equal(new OnnxTensor(source, old).Floats(), new OnnxTensor(copy, now).Floats());
    }

    [Theory]
    [InlineData("../secret.bin", "inside the model's folder")]
    [InlineData("sub/../../secret.bin", "inside the model's folder")]
    [InlineData("/etc/passwd", "inside the model's folder")]
    [InlineData("..\\secret.bin", "inside the model's folder")]
    [InlineData("C:\\secret.bin", "inside the model's folder")]
    [InlineData("", "inside the model's folder")]
    [InlineData(".", "inside the model's folder")]
    [InlineData("link.bin", "not behind a link")]
    [InlineData("folder/secret.bin", "not behind a link")]
    [InlineData("absent.bin", "expected a file, found nothing")]
    public void External_data_stays_in_the_folder(string location, string message)
    {
        string model = _folder.PathOf("model", "a.onnx");
        Directory.CreateDirectory(_folder.PathOf("model"));
        File.WriteAllBytes(_folder.PathOf("secret.bin"), new byte[64]);
        File.CreateSymbolicLink(_folder.PathOf("model", "link.bin"), _folder.PathOf("secret.bin"));
        Directory.CreateSymbolicLink(_folder.PathOf("model", "folder"), _folder.Root);

        var tensor = new OnnxTensor(model, External(location, "0", "64", 16));

        Assert.Contains(message, Assert.ThrowsAny<InputException>(() => tensor.Floats()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "64", null)]
    [InlineData("36", "64", null)]
    [InlineData("37", "64", "offset 37: expected 64 bytes")]
    [InlineData("9223372036854775807", "64", "offset 9223372036854775807")]
    [InlineData("-1", "64", "a whole number from 0 as offset")]
    [InlineData("0", "63", "external data of 64 bytes")]
    [InlineData("0", "99999999999999999999", "a whole number from 0 as length")]
    public void External_data_has_the_bytes_of_its_shape(string offset, string length, string? message)
    {
        string model = _folder.PathOf("a.onnx");
        File.WriteAllBytes(_folder.PathOf("a.bin"), new byte[100]);
        var tensor = new OnnxTensor(model, External("a.bin", offset, length, 16));

        if (message is null) Assert.Equal(16, tensor.Floats().Length);
        else Assert.Contains(message, Assert.ThrowsAny<InputException>(() => tensor.Floats()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 4, 5 }, "80 bytes of raw_data")]
    [InlineData(new long[] { -1, 4 }, "extents from 0")]
    [InlineData(new long[] { 1L << 40 }, "extents from 0")]
    [InlineData(new long[] { 65536, 65536, 65536, 65536 }, "extents from 0")]
    [InlineData(new long[] { 2000000000 }, "bytes")]
    public void A_tensor_says_that_its_shape_does_not_fit(long[] shape, string message)
    {
        var proto = new TensorProto { Name = "w", DataType = OnnxTensor.Float, RawData = ByteString.CopyFrom(new byte[64]) };
        proto.Dims.AddRange(shape);

        string error = Assert.Throws<ArtefactException>(() => new OnnxTensor("a.onnx", proto)).Message;

        Assert.StartsWith("a.onnx, initializer 'w': expected", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tensor_reads_typed_values_as_it_reads_raw_ones()
    {
        var floats = new TensorProto { DataType = OnnxTensor.Float, FloatData = { 1.5f, -2 }, Dims = { 2 } };
        var halves = new TensorProto { DataType = OnnxTensor.Float16, Int32Data = { BitConverter.HalfToUInt16Bits((Half)1.5), BitConverter.HalfToUInt16Bits((Half)(-2)) }, Dims = { 2 } };
        var whole = new TensorProto { DataType = OnnxTensor.Int64, Int64Data = { 7, -9 }, Dims = { 2 } };

        Assert.Equal([1.5f, -2], new OnnxTensor("", floats).Floats());
        Assert.Equal([1.5f, -2], new OnnxTensor("", halves).Floats());
        Assert.Equal([7, -9], new OnnxTensor("", whole).Integers());
    }

    [Fact]
    public void A_tensor_is_cut_into_parts_and_turned_over()
    {
        var tensor = new OnnxTensor("", new TensorProto { DataType = OnnxTensor.Float, FloatData = { 1, 2, 3, 4, 5, 6 }, Dims = { 2, 3 } });

        Assert.Equal([2, 5], tensor.Part(1, 3, axis: 1).Floats());
        Assert.Equal([4, 5, 6], tensor.Part(1, 2, axis: 0).Floats());
        Assert.Equal([1, 4, 2, 5, 3, 6], tensor.Transpose().Floats());
    }

    private static TensorProto External(string location, string offset, string length, long count) => new()
    {
        Name = "w", DataType = OnnxTensor.Float, DataLocation = TensorProto.Types.DataLocation.External, Dims = { count },
        ExternalData =
        {
            new StringStringEntryProto { Key = "location", Value = location }, new StringStringEntryProto { Key = "offset", Value = offset }, new StringStringEntryProto { Key = "length", Value = length },
        },
    };

    private static string PathOf(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Data", .. parts]);
}
