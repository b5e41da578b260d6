#include "hal/link/static.hpp"

#include <utility>

#include "hal/clock/clock.hpp"

namespace fieldpost::hal {
namespace {

class StaticLink final : public Link {
  public:
    StaticLink(Uplink uplink, const Clock& clock) : uplink_(std::move(uplink)), clock_(clock) {}

    Status start(UplinksHandler on_change) override {
        if (started_) return fail(ErrorCode::conflict, "the driver is already started");
        started_ = true;
        Uplink uplink = uplink_;
        uplink.since_us = clock_.boottime_us();
        on_change({uplink});
        return ok();
    }
    void stop() override { started_ = false; }
    PartStatus status() const override {
        return {PartState::ok, "The configuration says that the link is of kind " +
                                   std::string(to_string(uplink_.kind)) + " and always up."};
    }

  private:
    const Uplink uplink_;
    const Clock& clock_;
    bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<Link>> make_static_link(const SettingMap& values, const Clock& clock) {
    Settings settings("link driver static", values);
    const std::string kind_name = settings.text("kind", "unknown");
    const auto kind = link_kind(kind_name);
    Uplink uplink;
    uplink.up = true;
    uplink.kind = kind.value_or(LinkKind::unknown);
    uplink.metered = settings.flag("metered", is_usually_metered(uplink.kind));
    uplink.name = settings.text("name", "uplink");
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (!kind) {
        return fail(ErrorCode::invalid_argument,
                    "link driver static: setting 'kind' must be one of unknown, wifi_depot, wifi, ethernet, "
                    "lte, satellite, not '" +
                        kind_name + "'");
    }
    if (uplink.name.empty()) {
        return fail(ErrorCode::invalid_argument, "link driver static: setting 'name' must not be empty");
    }
    return std::unique_ptr<Link>(std::make_unique<StaticLink>(std::move(uplink), clock));
}

}  // namespace fieldpost::hal
