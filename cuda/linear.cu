// The product with a weight matrix, and its gradients. HiCorr.Native/Ops/Linear/Linear.cs has the formulas, CudaGemm.cs chooses the tile.
#include "common/columns.cuh"
#include "common/outer_products.cuh"
#include "common/row_products.cuh"

#define ROWS_PARAMETERS ROW_PRODUCT_PARAMETERS
#define ROWS_SOURCE SameRow{static_cast<int>(rows)}
#define OUTER_PARAMETERS OUTER_PRODUCT_PARAMETERS

// hot
KERNEL(128) linear_multiply_32x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_32x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_32x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_32x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) linear_multiply_64x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) linear_multiply_64x64_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x64_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x64_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) linear_multiply_64x64_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) linear_multiply_128x96_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_multiply_128x96_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_multiply_128x96_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) linear_multiply_128x128_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_multiply_128x128_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) linear_multiply_128x128_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }

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

KERNEL(256) linear_add_parts(const float* parts, int64 splits, float* target, int64 target_stride, int64 rows, int64 columns, int64 keeps)
{
    add_parts(parts, splits, target, target_stride, rows, columns, keeps != 0);
}

template <int WIDTH>
struct Gradients
{
    const float* gradient;
    int64 stride;

    DEVICE void operator()(int64 row, int64 column, double* first, double* second) const
    {
        Columns<WIDTH> values = load_columns<WIDTH>(gradient + row * stride + column);
#pragma unroll
        for (int i = 0; i < WIDTH; i++) first[i] = values.value[i], second[i] = 0;
    }
};

KERNEL(256) linear_bias_sums(const float* gradient, int64 stride, int64 rows, int64 columns, int64 rows_per_block, int64 width, double* partials)
{
    SHARED(double[2 * 4 * COLUMN_THREADS], shared);
    if (width == 4) sum_block_rows<4>(Gradients<4>{gradient, stride}, rows, columns, rows_per_block, shared, partials);
    else sum_block_rows<1>(Gradients<1>{gradient, stride}, rows, columns, rows_per_block, shared, partials);
}

KERNEL(512) linear_bias(const double* partials, int64 blocks, int64 columns, float* target)
{
    SHARED(ColumnSums[PARTIAL_THREADS], shared);
    ColumnSums sums = sum_blocks(partials, blocks, columns, shared);
    int64 column = static_cast<int64>(blockIdx.x) * PARTIAL_LANES + threadIdx.x;
    if (threadIdx.y == 0 && column < columns) target[column] += static_cast<float>(sums.first);
}
