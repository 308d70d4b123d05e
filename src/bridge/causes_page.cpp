#include "bridge/causes_page.h"

#include "bridge/causes.h"

namespace kanmon {

namespace {

struct Chapter {
    CauseKind kind;
    std::string_view title;
    std::string_view introduction;
};

constexpr std::array chapters{
    Chapter{CauseKind::drop, "Dropped and counted",
            "A packet that the gateway drops. Each has a counter of this name."},
    Chapter{CauseKind::refuse, "Refused attempts",
            "A connection attempt that ends before the tunnel stands. The words are what the "
            "person reads."},
    Chapter{CauseKind::end, "Ended connections",
            "A connection that stood and ended. Its slot and address are held for a while."},
};

void append_rows(std::string& page, CauseKind kind) {
    page += "| code | words | passes by itself | FAQ row |\n| --- | --- | --- | --- |\n";
    for (const CauseRow& row : cause_table) {
        if (row.kind != kind) continue;
        page += "| `";
        page += row.code;
        page += "` | ";
        page += row.words;
        page += row.temporary ? " | yes | " : " | no | ";
        page += row.faq_row;
        page += " |\n";
    }
}

}  // namespace

std::string causes_page() {
    std::string page =
        "# Causes\n\n"
        "Why a packet was dropped, a client refused or told to go. The same code is the metric\n"
        "label, the fact in the record and the finding's code.\n\n"
        "This page is made from `src/bridge/causes.h`; do not edit it by hand. To make it again,\n"
        "run the test program `bridge_test` with `KANMON_WRITE_DOCS=1` in its environment.\n";
    for (const Chapter& chapter : chapters) {
        page += "\n## ";
        page += chapter.title;
        page += "\n\n";
        page += chapter.introduction;
        page += "\n\n";
        append_rows(page, chapter.kind);
    }
    return page;
}

}  // namespace kanmon
