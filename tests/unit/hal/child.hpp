// A program that runs as long as its object lives.
#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace fieldpost::hal::testing {

class Child {
  public:
    // `environment`: "NAME=value" words, all that the program sees; empty: ours.
    explicit Child(std::vector<std::string> words, std::vector<std::string> environment = {}) {
        const auto pointers = [](std::vector<std::string>& texts) {
            std::vector<char*> all;
            for (std::string& text : texts) all.push_back(text.data());
            all.push_back(nullptr);
            return all;
        };
        std::vector<char*> arguments = pointers(words);
        std::vector<char*> variables = pointers(environment);
        if (::posix_spawn(&process_, arguments[0], nullptr, nullptr, arguments.data(),
                          environment.empty() ? environ : variables.data()) != 0)
            throw std::runtime_error(words[0] + " does not start");
    }
    ~Child() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

  private:
    pid_t process_ = 0;
};

}  // namespace fieldpost::hal::testing
