// Shared memory of the block that an operating-system thread runs: poisoned before the block, red zones around every object checked after it.
#pragma once
#include <string.h>

#include "block.hpp"
#include "fiber.hpp"

namespace hicorr_emu {

class SharedMemory {
public:
    static constexpr long MOST_STATIC = 48 * 1024;    // what nvcc allows
    static constexpr long MOST_TOTAL = 227 * 1024;    // of a block on sm_90

    // Forgets the objects of the last kernel.
    void begin_launch(long dynamic_bytes) {
        objects_ = 0;
        static_bytes_ = 0;
        dynamic_bytes_ = dynamic_bytes;
        open(0, sizeof memory_);
        memset(memory_, ZONE_BYTE, ZONE);
        dynamic_ = memory_ + ZONE;
        end_ = close_zone(dynamic_ + dynamic_bytes);
    }

    void begin_block() {
        block_++;
        if (dynamic_bytes_ > 0) memset(dynamic_, POISON, static_cast<unsigned long>(dynamic_bytes_));
    }

    void* dynamic() { return dynamic_; }

    void* find(const SharedObject* object) {
        for (int i = 0; i < objects_; i++) {
            Slot& slot = slots_[i];
            if (slot.object != object) continue;
            if (slot.block != block_) poison(slot);
            return slot.memory;
        }
        return add(object);
    }

    // Null, or the object behind which something was written.
    const char* damaged() const {
        if (!intact(memory_, dynamic_)) return "the start";
        const char* after_dynamic = dynamic_ + dynamic_bytes_;
        if (!intact(after_dynamic, zone_end(after_dynamic))) return "the dynamic part";
        for (int i = 0; i < objects_; i++) {
            const char* after = slots_[i].memory + slots_[i].object->bytes;
            if (!intact(after, zone_end(after))) return slots_[i].object->name;
        }
        return nullptr;
    }

private:
    static constexpr int ZONE = 64;
    static constexpr int ZONE_BYTE = 0xfb;
    static constexpr int POISON = 0xff;
    static constexpr int MOST_OBJECTS = 64;

    struct Slot {
        const SharedObject* object;
        char* memory;
        unsigned long block;
    };

    static const char* zone_end(const char* start) {
        return reinterpret_cast<const char*>((reinterpret_cast<unsigned long>(start) + 2 * ZONE - 1) & ~(ZONE - 1ul));
    }

    static bool intact(const char* from, const char* to) {
#if HICORR_EMU_ASAN
        (void)from, (void)to;  // AddressSanitizer stops at the access itself
        return true;
#else
        for (; from < to; from++)
            if (static_cast<unsigned char>(*from) != ZONE_BYTE) return false;
        return true;
#endif
    }

    // Fills the red zone after an object; the next object can begin at its end.
    char* close_zone(char* start) {
        char* end = const_cast<char*>(zone_end(start));
        memset(start, ZONE_BYTE, static_cast<unsigned long>(end - start));
#if HICORR_EMU_ASAN
        __asan_poison_memory_region(start, static_cast<unsigned long>(end - start));
#endif
        return end;
    }

    void open([[maybe_unused]] long from, [[maybe_unused]] unsigned long bytes) {
#if HICORR_EMU_ASAN
        __asan_unpoison_memory_region(memory_ + from, bytes);
#endif
    }

    void poison(Slot& slot) {
        slot.block = block_;
        memset(slot.memory, POISON, slot.object->bytes);
    }

    void* add(const SharedObject* object) {
        static_bytes_ += (static_cast<long>(object->bytes) + 15) & ~15l;
        if (static_bytes_ > MOST_STATIC)
            fail(Location::here(), "static shared memory of %ld bytes, with '%s', is more than %ld bytes", static_bytes_, object->name, MOST_STATIC);
        if (static_bytes_ + dynamic_bytes_ > MOST_TOTAL)
            fail(Location::here(), "%ld bytes of static and %ld of dynamic shared memory are more than %ld bytes", static_bytes_, dynamic_bytes_, MOST_TOTAL);
        if (objects_ == MOST_OBJECTS || object->alignment > ZONE)
            fail(Location::here(), "'%s' is the %dth shared object, with alignment %lu; the emulator has room for %d with at most %d",
                 object->name, objects_ + 1, object->alignment, MOST_OBJECTS, ZONE);
        Slot& slot = slots_[objects_++];
        slot.object = object;
        slot.memory = end_;
        poison(slot);
        end_ = close_zone(end_ + object->bytes);
        return slot.memory;
    }

    // The total, and for every object at most two zones more.
    alignas(ZONE) char memory_[MOST_TOTAL + 2 * ZONE * (MOST_OBJECTS + 2)];
    Slot slots_[MOST_OBJECTS];
    int objects_ = 0;
    long static_bytes_ = 0;
    char* dynamic_ = memory_ + ZONE;
    long dynamic_bytes_ = 0;
    char* end_ = memory_;
    unsigned long block_ = 0;
};

}  // namespace hicorr_emu
