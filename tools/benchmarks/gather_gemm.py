"""Times a 3x3x3 sparse convolution as PyTorch does it on the CPU: gather, matrix product, scatter-add, one kernel index after the other.

    python3 gather_gemm.py VOXELS.npy [--threads N] [--channels 32 64 96 128 256]

Voxels are int32 (N, 3). The counterpart is "HICORR_BENCH_VOXELS=VOXELS.npy dotnet run -c Release --project tools/benchmarks -- --filter '*Convolution*'".
"""
import argparse
import time

import numpy as np
import torch


def kernel_map(voxels):
    """Pairs (from, to) of rows for each of the 27 offsets, x fastest."""
    low = voxels.min(0) - 1
    size = voxels.max(0) + 2 - low
    keys = ((voxels[:, 0] - low[0]).astype(np.int64) * size[1] + voxels[:, 1] - low[1]) * size[2] + voxels[:, 2] - low[2]
    order = np.argsort(keys)
    keys = keys[order]
    pairs = []
    for k in range(27):
        offset = ((k % 3 - 1) * size[1] + k // 3 % 3 - 1) * size[2] + k // 9 - 1
        place = np.minimum(np.searchsorted(keys, keys + offset), len(keys) - 1)
        to = np.nonzero(keys[place] == keys + offset)[0]
        pairs.append((torch.from_numpy(place[to]), torch.from_numpy(to)))
    return pairs


def median_seconds(work, repetitions=3):
    work()
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[repetitions // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voxels")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--channels", type=int, nargs="+", default=[32, 64, 96, 128, 256])
    arguments = parser.parse_args()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    voxels = np.unique(np.load(arguments.voxels), axis=0)
    pairs = kernel_map(voxels)
    total = sum(len(to) for _, to in pairs)
    print(f"{len(voxels)} voxels, {total} pairs, torch {torch.__version__}, {torch.get_num_threads()} threads")
    for channels in arguments.channels:
        x, y = torch.rand(len(voxels), channels), torch.rand(len(voxels), channels)
        kernel, gradient = torch.rand(27, channels, channels), torch.zeros(27, channels, channels)

        def forward():
            output = torch.zeros(len(voxels), channels)
            for k, (source, target) in enumerate(pairs):
                output.index_add_(0, target, x[source] @ kernel[k])

        def backward_kernel():
            for k, (source, target) in enumerate(pairs):
                gradient[k] += x[source].T @ y[target]

        gflop = 2e-9 * total * channels * channels
        for name, work in (("forward", forward), ("backward to the kernel", backward_kernel)):
            seconds = median_seconds(work)
            print(f"{channels:4} channels, {name}: {seconds * 1e3:8.1f} ms, {gflop / seconds:6.1f} GFLOP/s")


if __name__ == "__main__":
    main()
