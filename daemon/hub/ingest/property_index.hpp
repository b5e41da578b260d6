// The linker over the properties that the store holds, filled when it is first asked for: an import in which
// nothing changed never needs it.
#pragma once

#include <memory>

#include "daemon/hub/link/linker.hpp"
#include "daemon/hub/store/imports.hpp"
#include "daemon/hub/store/records.hpp"

namespace fieldpost::hub {

class PropertyIndex {
  public:
    // The references must outlive this object. Properties that change after the first use are not seen.
    PropertyIndex(Imports& imports, Records& records, std::vector<std::string> places)
        : imports_(imports), records_(records), places_(std::move(places)) {}

    Result<Linker*> linker();

  private:
    Imports& imports_;
    Records& records_;
    std::vector<std::string> places_;
    std::unique_ptr<Linker> linker_;
};

}  // namespace fieldpost::hub
