// Sparse convolution, and its gradients: the input's is the same product over the reversed table with transposed matrices, the kernel's is a sum of
// outer products. HiCorr.Native/Ops/SparseConv/SparseConv.cs has the formulas, CudaGemm.cs chooses the tile.
#include "common/outer_products.cuh"
#include "common/row_products.cuh"

#define ROWS_PARAMETERS \
    ROW_PRODUCT_PARAMETERS, const int* entries, const int* order, int64 volume, int64 mirrored
#define ROWS_SOURCE NeighbourRow{entries, order, static_cast<int>(rows), static_cast<int>(volume), mirrored != 0}
#define OUTER_PARAMETERS \
    OUTER_PRODUCT_PARAMETERS, const int* entries, int64 swapped

// hot
KERNEL(128) sparse_conv_multiply_32x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_32x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_32x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_32x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile32x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) sparse_conv_multiply_64x32_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x32_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x32_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x32_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x32>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) sparse_conv_multiply_64x64_fp32(ROWS_PARAMETERS) { row_products<Fp32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x64_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x64_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(128) sparse_conv_multiply_64x64_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile64x64>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) sparse_conv_multiply_128x96_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) sparse_conv_multiply_128x96_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) sparse_conv_multiply_128x96_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x96>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(256) sparse_conv_multiply_128x128_tf32(ROWS_PARAMETERS) { row_products<Tf32, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) sparse_conv_multiply_128x128_bf16(ROWS_PARAMETERS) { row_products<Bf16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }
// hot
KERNEL(256) sparse_conv_multiply_128x128_fp16(ROWS_PARAMETERS) { row_products<Fp16, Tile128x128>(ROW_PRODUCT, ROWS_SOURCE); }

// hot
KERNEL(128) sparse_conv_outer_32x32_fp32(OUTER_PARAMETERS) { outer_products_of_neighbours<Fp32, OuterTile<32>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_32x32_tf32(OUTER_PARAMETERS) { outer_products_of_neighbours<Tf32, OuterTile<32>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_32x32_bf16(OUTER_PARAMETERS) { outer_products_of_neighbours<Bf16, OuterTile<32>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_32x32_fp16(OUTER_PARAMETERS) { outer_products_of_neighbours<Fp16, OuterTile<32>>(OUTER_PRODUCT, entries, swapped != 0); }

// hot
KERNEL(128) sparse_conv_outer_64x64_fp32(OUTER_PARAMETERS) { outer_products_of_neighbours<Fp32, OuterTile<64>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_64x64_tf32(OUTER_PARAMETERS) { outer_products_of_neighbours<Tf32, OuterTile<64>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_64x64_bf16(OUTER_PARAMETERS) { outer_products_of_neighbours<Bf16, OuterTile<64>>(OUTER_PRODUCT, entries, swapped != 0); }
// hot
KERNEL(128) sparse_conv_outer_64x64_fp16(OUTER_PARAMETERS) { outer_products_of_neighbours<Fp16, OuterTile<64>>(OUTER_PRODUCT, entries, swapped != 0); }

KERNEL(256) sparse_conv_pack_fp32(PACKING_PARAMETERS) { pack_factors<Fp32>(PACKING); }
KERNEL(256) sparse_conv_pack_tf32(PACKING_PARAMETERS) { pack_factors<Tf32>(PACKING); }
KERNEL(256) sparse_conv_pack_bf16(PACKING_PARAMETERS) { pack_factors<Bf16>(PACKING); }
KERNEL(256) sparse_conv_pack_fp16(PACKING_PARAMETERS) { pack_factors<Fp16>(PACKING); }

KERNEL(256) sparse_conv_add_parts(const float* parts, int64 splits, float* target, int64 target_stride, int64 rows, int64 columns, int64 keeps)
{
    add_parts(parts, splits, target, target_stride, rows, columns, keeps != 0);
}
