#include "dataplane/session/lifecycle.h"

#include <gtest/gtest.h>

#include <set>

namespace kanmon::session {
namespace {

TEST(Lifecycle, LeadsFromTheHelloToTheTunnelInOneWay) {
    Lifecycle life;
    for (const Step step : {Step::tls_begun, Step::tls_done, Step::identified, Step::proven,
                            Step::admitted, Step::asked_for_options, Step::pushed})
        EXPECT_TRUE(life.take(step));
    EXPECT_TRUE(life.in(Phase::connected));
}

TEST(Lifecycle, ReachesEveryPhase) {
    std::set<Phase> reached{Phase::greeted};
    for (bool grew = true; grew;) {
        grew = false;
        for (const Transition& row : lifecycle)
            if (reached.contains(row.from)) grew |= reached.insert(row.to).second;
    }
    EXPECT_EQ(reached.size(), static_cast<std::size_t>(Phase::finished) + 1);
}

TEST(Lifecycle, HasOneRowForEachPairOfPhaseAndStep) {
    std::set<std::pair<Phase, Step>> pairs;
    for (const Transition& row : lifecycle) EXPECT_TRUE(pairs.insert({row.from, row.on}).second);
}

TEST(Lifecycle, RefusesWhatComesTooLate) {
    Lifecycle life;
    EXPECT_TRUE(life.take(Step::ended));
    for (const Step step : {Step::tls_begun, Step::admitted, Step::pushed, Step::ended})
        EXPECT_FALSE(life.take(step));
    EXPECT_TRUE(life.over());
}

TEST(Lifecycle, ReportsAStageForEveryPhaseAndNeverALaterOneForARefusedClient) {
    EXPECT_EQ(stage_of(Phase::greeted), bridge::Stage::reset);
    EXPECT_EQ(stage_of(Phase::refusing), bridge::Stage::admission);
    EXPECT_EQ(stage_of(Phase::finished), bridge::Stage::ended);
}

}  // namespace
}  // namespace kanmon::session
