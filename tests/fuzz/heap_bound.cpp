#include "tests/fuzz/heap_bound.hpp"

#include <sanitizer/allocator_interface.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include "tests/fuzz/promise.hpp"

namespace fieldpost::fuzz {

namespace {

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

std::atomic<std::int64_t> live{0};  // bytes
std::atomic<std::int64_t> most{unbounded};

void on_malloc(const volatile void*, std::size_t size) {
    const auto bytes = static_cast<std::int64_t>(size);
    if (live.fetch_add(bytes) + bytes <= most.load()) return;
    most.store(unbounded);  // telling of it allocates
    broken("memory is bounded for any input");
}

void on_free(const volatile void* pointer) {
    if (pointer == nullptr) return;
    live.fetch_sub(static_cast<std::int64_t>(__sanitizer_get_allocated_size(pointer)));
}

}  // namespace

HeapBound::HeapBound(std::size_t bytes) {
    static const int installed = __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
    must(installed > 0, "the sanitizer tells of every allocation");
    most.store(live.load() + static_cast<std::int64_t>(bytes));
}

HeapBound::~HeapBound() {
    most.store(unbounded);
}

}  // namespace fieldpost::fuzz
