"""Times a 3x3x3 sparse convolution as PyTorch does it: gather, matrix product, scatter-add, one kernel index after the other.

    python3 gather_gemm.py VOXELS.npy [--threads N] [--channels 32 64 96 128 256] [--device cuda] [--precision fp32|tf32|bf16|fp16]

Voxels are int32 (N, 3). The counterparts are, on the CPU,
"HICORR_BENCH_VOXELS=VOXELS.npy dotnet run -c Release --project tools/benchmarks -- --filter '*Convolution*'",
and on a GPU "hicorr bench ops --voxels VOXELS.npy --device cuda --precision PRECISION".
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


def median_seconds(work, synchronise, repetitions):
    work()
    seconds = []
    for _ in range(repetitions):
        synchronise()
        start = time.perf_counter()
        work()
        synchronise()
        seconds.append(time.perf_counter() - start)
    return sorted(seconds)[repetitions // 2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("voxels")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--channels", type=int, nargs="+", default=[32, 64, 96, 128, 256])
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["fp32", "tf32", "bf16", "fp16"], default="fp32", help="of the factors, on cuda")
    parser.add_argument("--repetitions", type=int, default=3)
    arguments = parser.parse_args()
    if arguments.device == "cpu" and arguments.precision != "fp32":
        parser.error("the CPU multiplies in fp32")
    torch.backends.cuda.matmul.allow_tf32 = arguments.precision == "tf32"
    dtype = {"bf16": torch.bfloat16, "fp16": torch.float16}.get(arguments.precision, torch.float32)
    synchronise = torch.cuda.synchronize if arguments.device == "cuda" else lambda: None
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    voxels = np.unique(np.load(arguments.voxels), axis=0)
    pairs = [(source.to(arguments.device), target.to(arguments.device)) for source, target in kernel_map(voxels)]
    total = sum(len(to) for _, to in pairs)
    print(f"{len(voxels)} voxels, {total} pairs, torch {torch.__version__}, "
          f"{torch.cuda.get_device_name() if arguments.device == 'cuda' else f'{torch.get_num_threads()} threads'}, {arguments.precision}")
    for channels in arguments.channels:
        options = {"device": arguments.device, "dtype": dtype}
        x, y, kernel = (torch.rand(*shape, **options) for shape in ((len(voxels), channels), (len(voxels), channels), (27, channels, channels)))
        gradient = torch.zeros(27, channels, channels, device=arguments.device)

        def forward():
            output = torch.zeros(len(voxels), channels, **options)
            for k, (source, target) in enumerate(pairs):
                output.index_add_(0, target, x[source] @ kernel[k])

        def backward_kernel():
            for k, (source, target) in enumerate(pairs):
                gradient[k] += x[source].T @ y[target]

        gflop = 2e-9 * total * channels * channels
        for name, work in (("forward", forward), ("backward to the kernel", backward_kernel)):
            seconds = median_seconds(work, synchronise, arguments.repetitions)
            print(f"{channels:4} channels, {name}: {seconds * 1e3:8.1f} ms, {gflop / seconds:6.1f} GFLOP/s")


if __name__ == "__main__":
    main()
