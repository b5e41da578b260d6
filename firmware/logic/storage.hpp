// Memory that keeps its bytes without power: flash, or an EEPROM that behaves like it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace fieldpost::firmware {

// Power may go at any moment of erase() and program(): what they were at is then anything, the rest is as it
// was.
class Storage {
  public:
    virtual std::uint32_t page_size() const = 0;  // what is erased at once; a multiple of program_unit
    virtual std::uint32_t pages() const = 0;

    // False for what cannot be read, such as what a power cut left torn where storage has an error
    // correction; `out` is then anything.
    virtual bool read(std::uint32_t offset, std::span<std::uint8_t> out) = 0;
    // Into erased bytes (0xFF) only, once; offset and length are multiples of program_unit.
    virtual bool program(std::uint32_t offset, std::span<const std::uint8_t> bytes) = 0;
    virtual bool erase(std::uint32_t page) = 0;

    std::uint32_t size() const { return page_size() * pages(); }

    static constexpr std::uint32_t program_unit = 8;  // STM32G0's double word

  protected:
    ~Storage() = default;  // never owned through this interface
};

// Some pages of a storage, as a storage of their own.
class Region final : public Storage {
  public:
    Region(Storage& whole, std::uint32_t first_page, std::uint32_t pages)
        : whole_(whole), first_(first_page), pages_(pages) {}

    std::uint32_t page_size() const override { return whole_.page_size(); }
    std::uint32_t pages() const override { return pages_; }
    bool read(std::uint32_t offset, std::span<std::uint8_t> out) override {
        return fits(offset, out.size()) && whole_.read(start() + offset, out);
    }
    bool program(std::uint32_t offset, std::span<const std::uint8_t> bytes) override {
        return fits(offset, bytes.size()) && whole_.program(start() + offset, bytes);
    }
    bool erase(std::uint32_t page) override { return page < pages_ && whole_.erase(first_ + page); }

  private:
    std::uint32_t start() const { return first_ * whole_.page_size(); }
    bool fits(std::uint32_t offset, std::size_t length) const {
        return offset <= size() && length <= size() - offset;
    }

    Storage& whole_;
    std::uint32_t first_;
    std::uint32_t pages_;
};

}  // namespace fieldpost::firmware
