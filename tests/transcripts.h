// The captures of real clients in tests/data/transcripts, as the tests read them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "source_folder/source_folder.h"

namespace kanmon::transcripts {

using nlohmann::json;

/// Those with this in their names, sorted.
inline std::vector<std::string> files(std::string_view part_of_name = "") {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(in_checkout("tests/data/transcripts"))) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(".jsonl") && name.find(part_of_name) != std::string::npos)
            found.push_back(entry.path().string());
    }
    std::ranges::sort(found);
    return found;
}

inline std::vector<json> lines_of(const std::string& file) {
    std::vector<json> lines;
    std::ifstream in(file);
    for (std::string text; std::getline(in, text);) lines.push_back(json::parse(text));
    return lines;
}

inline std::vector<json> lines_of(const std::string& file, std::string_view type) {
    std::vector<json> lines = lines_of(file);
    std::erase_if(lines, [&](const json& line) { return line["type"] != type; });
    return lines;
}

inline std::string text_of(const json& value) {
    return value.get<std::string>();
}

inline std::string test_name(const testing::TestParamInfo<std::string>& info) {
    std::string name = std::filesystem::path(info.param).stem().string();
    std::ranges::replace_if(
        name, [](char c) { return c == '.' || c == '-'; }, '_');
    return name;
}

}  // namespace kanmon::transcripts
