// Which points a posed RGB-D view sees, and where; HiCorr.Native/Ops/Projection/Projection.cs has the formulas. One thread a point, first to count what
// each block sees, then to write it in the order of the points. Products and sums are rounded one by one, as on the CPU: fused, a point could change its pixel.
#include "common/prefix_sum.cuh"

struct Camera
{
    double fx, fy, cx, cy, width, height;
};

struct View
{
    double motion[3][4];
    Camera image, depth;
    double tolerance, relative;
};

struct Pixel
{
    double column, row;

    // A pixel covers half a pixel on every side of its centre.
    DEVICE bool is_in(const Camera& camera) const { return column >= -0.5 && column < camera.width - 0.5 && row >= -0.5 && row < camera.height - 0.5; }
};

DEVICE double move(const double* motion, double x, double y, double z)
{
    return __dadd_rn(__dadd_rn(__dadd_rn(__dmul_rn(motion[0], x), __dmul_rn(motion[1], y)), __dmul_rn(motion[2], z)), motion[3]);
}

DEVICE Pixel pixel_of(const Camera& camera, double x, double y, double z)
{
    return Pixel{__dadd_rn(__dmul_rn(camera.fx, x) / z, camera.cx), __dadd_rn(__dmul_rn(camera.fy, y) / z, camera.cy)};
}

DEVICE bool sees(const View& view, const float* positions, int64 point, const uint16* depth, Pixel& pixel)
{
    double x = positions[3 * point], y = positions[3 * point + 1], z = positions[3 * point + 2];
    double ahead = move(view.motion[2], x, y, z);
    if (!(ahead > 0)) return false;  // not a number, or behind
    double right = move(view.motion[0], x, y, z), down = move(view.motion[1], x, y, z);
    pixel = pixel_of(view.image, right, down, ahead);
    if (!pixel.is_in(view.image)) return false;
    Pixel measured_at = pixel_of(view.depth, right, down, ahead);
    if (!measured_at.is_in(view.depth)) return false;
    int64 column = static_cast<int64>(measured_at.column + 0.5), row = static_cast<int64>(measured_at.row + 0.5);
    int millimetres = depth[row * static_cast<int64>(view.depth.width) + column];
    double measured = millimetres / 1000.0;
    return millimetres > 0 && !(fabs(measured - ahead) > (view.relative != 0 ? view.tolerance * measured : view.tolerance));
}

KERNEL(256) projection_count(const float* positions, int64 count, const View* view, const uint16* depth, int* points_of_block)
{
    SHARED(BlockScratch<int>, scratch);
    KeptItems kept;
    Pixel pixel;
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 point = block_item(step);
        kept.lanes[step] = __ballot_sync(ALL_LANES, point < count && sees(*view, positions, point, depth, pixel));
    }
    int total;
    sum_of_warps_before(kept.count(), scratch, total);
    if (threadIdx.x == 0) points_of_block[blockIdx.x] = total;
}

KERNEL(256) projection_write(const float* positions, int64 count, const View* view, const uint16* depth, const int* points_before, int* points, float* columns, float* rows)
{
    SHARED(BlockScratch<int>, scratch);
    KeptItems kept;
    Pixel pixels[THREAD_ITEMS];
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int64 point = block_item(step);
        kept.lanes[step] = __ballot_sync(ALL_LANES, point < count && sees(*view, positions, point, depth, pixels[step]));
    }
    int total, next = points_before[blockIdx.x] + sum_of_warps_before(kept.count(), scratch, total);
#pragma unroll
    for (int step = 0; step < THREAD_ITEMS; step++)
    {
        int place = next + __popc(kept.lanes[step] & lanes_before());
        next += __popc(kept.lanes[step]);
        if (!kept.keeps(step)) continue;
        points[place] = static_cast<int>(block_item(step));
        columns[place] = static_cast<float>(pixels[step].column);
        rows[place] = static_cast<float>(pixels[step].row);
    }
}
