// Shell completion of the command line, made from its table of commands.
#pragma once

#include <string>

namespace kanmon::apps {

std::string bash_completion();  // share/bash-completion/completions/kanmon
std::string zsh_completion();   // share/zsh/vendor-completions/_kanmon
std::string fish_completion();  // share/fish/vendor_completions.d/kanmon.fish

}  // namespace kanmon::apps
