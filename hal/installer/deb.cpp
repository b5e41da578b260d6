#include "hal/installer/deb.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

extern "C" {  // glibc 2.36 declares it without
#include <sys/pidfd.h>
}

#include <cerrno>
#include <cstring>
#include <sstream>

#include "hal/installer/jobs.hpp"
#include "sync/base/crypto.hpp"
#include "sync/base/file.hpp"

namespace fieldpost::hal {
namespace {

constexpr std::uint64_t largest_package = 256U << 20U;
constexpr std::uint64_t longest_signature = 256;
constexpr std::uint64_t longest_log = 1U << 20U;

struct DebSettings {
    std::filesystem::path public_key;
    std::filesystem::path spool;
    std::vector<std::string> command;
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
    PartStatus status() const override { return {PartState::ok, "Debian packages are installed in place."}; }

  private:
    void work(const StopEvent& stop, const std::filesystem::path& bundle, const InstallHandler& tell) const {
        const auto failed = [&](const std::string& why) { tell({InstallEvent::Kind::failed, 0, why + "."}); };
        tell({InstallEvent::Kind::running, 0,
              "Checking the signature of " + bundle.filename().string() + "."});
        const auto package = check(bundle);
        if (!package) return failed(package.error().message);
        const std::filesystem::path copy = settings_.spool / "update.deb";
        if (const Status copied = write_file_atomic(copy, *package, 0600); !copied)
            return failed(copied.error().message);
        tell({InstallEvent::Kind::running, 10, "Installing " + bundle.filename().string() + "."});
        const auto code = run(stop, copy);
        if (!code) return failed(code.error().message);
        if (!*code) return;  // stop was asked for
        if (**code != 0) return failed("the installation failed: " + last_line());
        tell({InstallEvent::Kind::installed, 100, bundle.filename().string() + " is installed."});
    }

    // The package's bytes if the right key has signed them.
    Result<Bytes> check(const std::filesystem::path& bundle) const {
        auto key = read_file(settings_.public_key, longest_signature);
        if (!key) return key.error();
        const auto signature = read_file(bundle.string() + ".sig", longest_signature);
        if (!signature) return signature.error();
        auto package = read_file(bundle, largest_package);
        if (!package) return package;
        if (!ed25519_verify(bytes_of(*key, 32), *package, bytes_of(*signature, 64))) {
            return fail(ErrorCode::refused, bundle.filename().string() + " is not signed by the key in " +
                                                settings_.public_key.string());
        }
        return package;
    }

    std::filesystem::path log() const { return settings_.spool / "update.log"; }

    std::string last_line() const {
        const auto content = read_file(log(), longest_log);
        std::string text = content ? trimmed(*content) : std::string();
        const std::size_t line = text.rfind('\n');
        if (line != std::string::npos) text.erase(0, line + 1);
        return text.empty() ? "the reason is in " + log().string() : text;
    }

    // The command's exit code; nothing when stop was asked for first: it then goes on in a session of its
    // own, with its words in a file, so that the end of this program does not break it off.
    Result<std::optional<int>> run(const StopEvent& stop, const std::filesystem::path& package) const {
        std::vector<std::string> words = settings_.command;
        words.push_back(package.string());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);

        posix_spawn_file_actions_t files;
        posix_spawnattr_t attributes;
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
        ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log().c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                           0600);
        ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        pid_t process = 0;
        const int problem =
            ::posix_spawn(&process, arguments[0], &files, &attributes, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
        if (problem != 0)
            return fail(ErrorCode::unavailable, "cannot start " + words[0] + ": " + std::strerror(problem));

        const Fd ended(::pidfd_open(process, 0));
        if (ended && stop.wait(ended.get(), std::nullopt) == StopEvent::Woke::stop)
            return std::optional<int>();
        int how = 0;
        while (::waitpid(process, &how, 0) < 0 && errno == EINTR) {
        }
        return std::optional(WIFEXITED(how) ? WEXITSTATUS(how) : 128);
    }

    const DebSettings settings_;
    InstallJobs jobs_;
};

}  // namespace

Result<std::unique_ptr<Installer>> make_deb_installer(const SettingMap& values) {
    Settings settings("installer driver deb", values);
    DebSettings deb;
    deb.public_key = settings.required_text("public_key");
    deb.spool = settings.required_text("spool");
    std::istringstream command(settings.text(
        "command", "/usr/bin/apt-get -q -y --no-download -o Dpkg::Options::=--force-confold install"));
    for (std::string word; command >> word;) deb.command.push_back(std::move(word));
    if (const Status checked = settings.finish(); !checked) return checked.error();
    if (deb.command.empty() || !deb.command.front().starts_with('/')) {
        return fail(ErrorCode::invalid_argument,
                    "installer driver deb: setting 'command' must begin with a program's whole path");
    }
    return std::unique_ptr<Installer>(std::make_unique<DebInstaller>(std::move(deb)));
}

}  // namespace fieldpost::hal
