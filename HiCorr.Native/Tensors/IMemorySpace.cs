namespace HiCorr.Native.Tensors;

/// <summary>Where bytes lie: on the host, or on a device. Addresses of a device mean nothing on the host.</summary>
public unsafe interface IMemorySpace
{
    /// <summary>Whether the processor can read and write the bytes at their address.</summary>
    bool IsHost { get; }

    /// <exception cref="OutOfMemoryException">There is not enough on the host.</exception>
    /// <exception cref="DeviceException">There is not enough on the device.</exception>
    nint Allocate(long bytes);

    void Free(nint memory);

    void Clear(nint at, long bytes);

    /// <summary>Returns when the source may be written again.</summary>
    void CopyFromHost(nint to, void* from, long bytes);

    /// <summary>Returns when the copy is there.</summary>
    void CopyToHost(void* to, nint from, long bytes);

    /// <summary>Copies rows inside this space, whose starts lie a pitch of bytes apart.</summary>
    void CopyRows(nint to, long toPitch, nint from, long fromPitch, long width, long rows);
}
