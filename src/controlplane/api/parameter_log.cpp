#include "controlplane/api/parameter_log.h"

#include <algorithm>

namespace kanmon::api {

void ParameterLog::note(std::string name, ParameterForm form, bool required) {
    const auto known = std::ranges::find(asked_, name, &AskedParameter::name);
    if (known == asked_.end()) {
        asked_.push_back({std::move(name), form, required});
        return;
    }
    if (form != ParameterForm::text) known->form = form;
    known->required = known->required || required;
}

}  // namespace kanmon::api
