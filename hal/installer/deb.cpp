#include "hal/installer/deb.hpp"

#include <sstream>

#include "hal/installer/jobs.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::uint64_t largest_package = 256U << 20U;
constexpr std::uint64_t longest_signature = 256;
constexpr std::uint64_t longest_result = 4096;
constexpr std::int64_t look_us = 200'000;
constexpr std::int64_t longest_us = 3'600'000'000;  // apt-get on a slow card takes minutes

struct DebSettings {
    std::filesystem::path public_key;
    std::filesystem::path spool;
    std::filesystem::path result;
    std::int64_t answer_us = 0;
};

std::string trimmed(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.pop_back();
    return text;
}

// Raw bytes as they are, or from hexadecimal.
Bytes bytes_of(const Bytes& content, std::size_t size) {
    if (content.size() == size) return content;
    const auto decoded = from_hex(trimmed(content));
    return decoded ? *decoded : Bytes();
}

class DebInstaller final : public Installer {
  public:
    explicit DebInstaller(DebSettings settings) : settings_(std::move(settings)) {}

    Status start(InstallHandler on_event) override {
        [[maybe_unused]] const Status told_by_status = look_at_spool();
        return jobs_.start(std::move(on_event),
                           [this](const StopEvent& stop, const std::filesystem::path& bundle,
                                  const InstallHandler& tell) { work(stop, bundle, tell); });
    }
    Status install(const std::filesystem::path& bundle) override { return jobs_.install(bundle); }
    Status mark_good() override { return ok(); }
    Result<std::vector<Slot>> slots() override {
        return std::vector<Slot>{{"system", true, std::nullopt, ""}};
    }
    void stop() override { jobs_.stop(); }
    PartStatus status() const override { return status_.get(); }

  private:
    // What root says of the request.
    struct Answer {
        std::string word;  // "running", "installed", "failed"; empty: nothing yet
        std::string sentence;
    };

    Status look_at_spool() {
        Status usable = make_folder(settings_.spool);
        if (usable) usable = write_file_atomic(settings_.spool / "writable", "", 0600);
        std::error_code ignored;
        std::filesystem::remove(settings_.spool / "writable", ignored);
        if (usable) {
            status_.set({PartState::ok, "Debian packages are installed in place."});
        } else {
            status_.set({PartState::broken,
                         "Packages cannot be handed over to be installed: " + usable.error().message + "."});
        }
        return usable;
    }

    void work(const StopEvent& stop, const std::filesystem::path& bundle, const InstallHandler& tell) {
        const auto failed = [&](const std::string& why) { tell({InstallEvent::Kind::failed, 0, why + "."}); };
        const std::string name = bundle.filename().string();
        tell({InstallEvent::Kind::running, 0, "Checking the signature of " + name + "."});
        if (const Status usable = look_at_spool(); !usable) return failed(usable.error().message);
        const std::string request = random_uuid();
        if (const Status asked = ask_for(bundle, request); !asked) return failed(asked.error().message);
        bool is_taken_up = false;
        for (std::int64_t waited_us = 0;; waited_us += look_us) {
            const Answer answer = answer_to(request);
            if (answer.word == "installed")
                return tell({InstallEvent::Kind::installed, 100, name + " is installed."});
            if (answer.word == "failed") return failed("the installation failed: " + answer.sentence);
            if (!answer.word.empty() && !std::exchange(is_taken_up, true))
                tell({InstallEvent::Kind::running, 10, "Installing " + name + "."});
            if (!is_taken_up && waited_us >= settings_.answer_us) {
                std::error_code ignored;
                std::filesystem::remove(settings_.spool / "request", ignored);
                return failed("nobody installs what lies in " + settings_.spool.string() +
                              ": fieldpost-install.path is to run");
            }
            if (waited_us >= longest_us) return failed("the installation has not ended within an hour");
            if (stop.sleep(look_us)) return;
        }
    }

    // The request comes last: whoever sees it finds the rest.
    Status ask_for(const std::filesystem::path& bundle, const std::string& request) const {
        Bytes signature;
        const auto package = check(bundle, signature);
        if (!package) return package.error();
        Status written = write_file_atomic(settings_.spool / "update.deb", *package, 0600);
        if (written) written = write_file_atomic(settings_.spool / "update.deb.sig", signature, 0600);
        if (written) written = write_file_atomic(settings_.spool / "request", request + "\n", 0600);
        return written;
    }

    // The package's bytes, and its raw signature, if the right key has signed them.
    Result<Bytes> check(const std::filesystem::path& bundle, Bytes& signature) const {
        auto key = read_file(settings_.public_key, longest_signature);
        if (!key) return key.error();
        const auto signed_by = read_file(bundle.string() + ".sig", longest_signature);
        if (!signed_by) return signed_by.error();
        auto package = read_file(bundle, largest_package);
        if (!package) return package;
        signature = bytes_of(*signed_by, 64);
        if (!ed25519_verify(bytes_of(*key, 32), *package, signature)) {
            return fail(ErrorCode::refused, bundle.filename().string() + " is not signed by the key in " +
                                                settings_.public_key.string());
        }
        return package;
    }

    // Of another request it says nothing.
    Answer answer_to(const std::string& request) const {
        const auto content = read_file(settings_.result, longest_result);
        if (!content) return {};
        std::istringstream line(trimmed(*content));
        std::string of;
        Answer answer;
        line >> of >> answer.word >> std::ws;
        std::getline(line, answer.sentence);
        return of == request ? answer : Answer();
    }

    const DebSettings settings_;
    PartStatusCell status_{{PartState::broken, "The folder for packages is not looked at yet."}};
    InstallJobs jobs_;
};

}  // namespace

Result<std::unique_ptr<Installer>> make_deb_installer(const SettingMap& values) {
    Settings settings("installer driver deb", values);
    DebSettings deb;
    deb.public_key = settings.required_text("public_key");
    deb.spool = settings.text("spool", "/var/lib/fieldpost/spool");
    deb.result = settings.text("result", "/run/fieldpost-install/result");
    deb.answer_us = settings.integer("answer_ms", 60'000, 10, 600'000) * 1000;
    if (const Status checked = settings.finish(); !checked) return checked.error();
    return std::unique_ptr<Installer>(std::make_unique<DebInstaller>(std::move(deb)));
}

}  // namespace fieldpost::hal
