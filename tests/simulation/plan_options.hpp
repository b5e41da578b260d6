// A plan as fieldpost-sim's command line says it, and back: a seed that fails prints what repeats it.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/world.hpp"

namespace CLI {
class App;
}

namespace fieldpost::simulation {

class PlanOptions {
  public:
    // Declares the options; this must outlive the parsing.
    void add_to(CLI::App& app);
    // After the parsing, completes `plan`. The name of a fault or trouble that is not known; nullopt: all
    // are.
    std::optional<std::string> finish();

    Plan plan;

  private:
    std::string store_ = "memory";
    std::string fault_;
    std::vector<std::string> with_;
    std::vector<std::string> without_;
    std::vector<std::string> only_;
};

// The options that give this plan again, whatever it traces: "--seed 7 --hours 0.02 --store memory".
std::string options_of(const Plan& plan);

}  // namespace fieldpost::simulation
