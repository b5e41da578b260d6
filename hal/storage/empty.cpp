#include "hal/storage/empty.hpp"

namespace fieldpost::hal {
namespace {

class EmptyStorage final : public Storage {
  public:
    Status start(StorageHandler) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        return ok();
    }
    void stop() override { started_ = false; }
    PartStatus status() const override { return {PartState::not_fitted, "Nobody looks after the disk."}; }

  private:
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Storage>> make_empty_storage(const SettingMap& settings) {
    if (const Status checked = Settings("storage driver empty", settings).finish(); !checked)
        return checked.error();
    return std::unique_ptr<Storage>(std::make_unique<EmptyStorage>());
}

}  // namespace fieldpost::hal
