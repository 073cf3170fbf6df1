// The product with a weight matrix, and its gradients. HiCorr.Native/Ops/Linear/Linear.cs has the formulas, CudaGemm.cs chooses the tile.
#include "common/outer_products.cuh"
#include "common/row_products.cuh"

#define ROWS_PARAMETERS ROW_PRODUCT_PARAMETERS
#define ROWS_SOURCE SameRow{static_cast<int>(rows)}
#define OUTER_PARAMETERS OUTER_PRODUCT_PARAMETERS

// hot
KERNEL(128) linear_rows_32x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_32x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_32x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_32x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) linear_rows_64x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) linear_rows_64x64_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x64_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x64_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_rows_64x64_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) linear_rows_128x96_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x96_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x96_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x96_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) linear_rows_128x128_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x128_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x128_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_rows_128x128_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) linear_outer_32x32_fp32(OUTER_PARAMETERS) { outer_products_of_rows<Fp32, OuterTile<32>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_32x32_tf32(OUTER_PARAMETERS) { outer_products_of_rows<Tf32, OuterTile<32>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_32x32_bf16(OUTER_PARAMETERS) { outer_products_of_rows<Bf16, OuterTile<32>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_32x32_fp16(OUTER_PARAMETERS) { outer_products_of_rows<Fp16, OuterTile<32>>(OUTER_PRODUCT); }

// hot
KERNEL(128) linear_outer_64x64_fp32(OUTER_PARAMETERS) { outer_products_of_rows<Fp32, OuterTile<64>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_64x64_tf32(OUTER_PARAMETERS) { outer_products_of_rows<Tf32, OuterTile<64>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_64x64_bf16(OUTER_PARAMETERS) { outer_products_of_rows<Bf16, OuterTile<64>>(OUTER_PRODUCT); }
// hot
KERNEL(128) linear_outer_64x64_fp16(OUTER_PARAMETERS) { outer_products_of_rows<Fp16, OuterTile<64>>(OUTER_PRODUCT); }

KERNEL(256) linear_pack_fp32(PACKING_PARAMETERS) { pack_factors<Fp32>(PACKING); }
KERNEL(256) linear_pack_tf32(PACKING_PARAMETERS) { pack_factors<Tf32>(PACKING); }
KERNEL(256) linear_pack_bf16(PACKING_PARAMETERS) { pack_factors<Bf16>(PACKING); }
KERNEL(256) linear_pack_fp16(PACKING_PARAMETERS) { pack_factors<Fp16>(PACKING); }

KERNEL(256) linear_add_parts(const float* parts, int64 splits, float* target, int64 target_stride, int64 rows, int64 columns)
{
    add_parts(parts, splits, target, target_stride, rows, columns);
}

// parts (gridDim.y, columns): sums of a column over every gridDim.y-th group of eight rows, in double.
KERNEL(256) linear_bias_parts(const float* gradient, int64 stride, int64 rows, int64 columns, double* parts)
{
    SHARED(double[8][32], lane_sums);
    int lane = block_thread() / 32;
    int64 column = static_cast<int64>(blockIdx.x) * 32 + block_thread() % 32;
    double sum = 0;
    if (column < columns)
        for (int64 row = static_cast<int64>(blockIdx.y) * 8 + lane; row < rows; row += static_cast<int64>(gridDim.y) * 8) sum += gradient[row * stride + column];
    lane_sums[lane][block_thread() % 32] = sum;
    __syncthreads();
    if (lane > 0 || column >= columns) return;
    for (int other = 1; other < 8; other++) sum += lane_sums[other][block_thread()];
    parts[blockIdx.y * columns + column] = sum;
}

// target += sum of the parts, in order.
KERNEL(256) linear_bias(const double* parts, int64 splits, float* target, int64 columns)
{
    for (int64 column = global_thread(); column < columns; column += global_stride())
    {
        double sum = 0;
        for (int64 split = 0; split < splits; split++) sum += parts[split * columns + column];
        target[column] += static_cast<float>(sum);
    }
}
