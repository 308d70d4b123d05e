#include "controlplane/usecases/events.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/date.h"
#include "base/escape.h"
#include "controlplane/model/expiry.h"
#include "controlplane/usecases/ownership.h"

namespace kanmon::usecases {

namespace {

constexpr std::chrono::hours look_again{1};
constexpr std::chrono::minutes look_again_after_failure{1};
/// What has ended stays told, as long as anybody would leave it lying about.
constexpr std::chrono::days marks_kept{3650};
constexpr std::size_t name_octets_max = 128;

/// Something with an end, and the words for it.
struct Ending {
    model::AccountId account;
    std::string resource;
    std::string server;
    std::string kind;     // "Certificate"
    std::string version;  // another one for its successor
    std::string what;     // "The client certificate vsc-… (laptop)"
    std::string remedy;   // "renew it …"
    UnixTime not_after{};
};

EventWrite warning_of(const Ending& ending, std::chrono::days before, UnixTime now) {
    const bool ended = before.count() == 0;
    EventWrite write;
    write.event.account = ending.account;
    write.event.at = now;
    write.event.kind = ending.kind + (ended ? "Expired" : "ExpiresSoon");
    write.event.resource = ending.resource;
    write.event.server = ending.server;
    write.event.message =
        ended ? fmt::format("{} ended on {}: {}.", ending.what, date_text(ending.not_after),
                            ending.remedy)
              : fmt::format("{} ends on {}, in {} days or less: {}.", ending.what,
                            date_text(ending.not_after), before.count(), ending.remedy);
    write.mark =
        fmt::format("{}/{}/{}/{}", ending.resource, ending.kind, ending.version, before.count());
    write.mark_kept_until = ending.not_after + marks_kept;
    return write;
}

class Round {
public:
    Round(Ports& ports, UnixTime now) : ports_(ports), now_(now), next_(now + look_again) {}

    void look_at(Ledger& ledger, const model::SslServer& server) {
        const bool elsewhere = server.origin == model::AuthorityOrigin::elsewhere;
        pem(server, "Authority", server.authority_pem, "The authority of the SSL server",
            "import another (ImportSslVpnServerCa), or make another server");
        pem(server, "ServerCertificate", server.certificate_pem,
            "The certificate of the SSL server", "renew it (RenewSslVpnServerCert)");
        if (elsewhere)
            pem(server, "Authority", server.client_authority_pem,
                "The authority of the clients of the SSL server",
                "import its successor (ImportSslVpnServerCa)");
        for (const auto& row : ledger.client_certificates().below(server.id.text))
            take({.account = row.account,
                  .resource = row.id.text,
                  .server = server.id.text,
                  .kind = "Certificate",
                  .version = row.serial,
                  .what = fmt::format("The client certificate {} ({})", row.id.text,
                                      escaped(row.name, name_octets_max)),
                  .remedy = "renew it (RenewSslVpnClientCert) and give its holder the new bundle",
                  .not_after = row.not_after});
        if (const auto list = ledger.revocation_lists().find(server.id.text)) take(*list);
    }

    const std::vector<EventWrite>& events() const { return events_; }
    UnixTime next() const { return next_; }

private:
    void take(const Ending& ending) {
        if (const auto before = model::expiry_warning(ending.not_after, now_))
            events_.push_back(warning_of(ending, *before, now_));
        if (const auto due = model::next_expiry_warning(ending.not_after, now_))
            next_ = std::min(next_, *due);
    }

    /// A list lives for days or hours, so that only its end is worth telling.
    void take(const model::RevocationList& list) {
        if (now_ <= list.next_update) {
            next_ = std::min(next_, list.next_update + std::chrono::seconds(1));
            return;
        }
        events_.push_back(warning_of(
            {.account = list.account,
             .resource = list.id.text,
             .server = list.id.text,
             .kind = "RevocationList",
             .version = std::to_string(seconds_of(list.next_update)),
             .what = fmt::format("The revocation list of the SSL server {}", list.id.text),
             .remedy = list.refuse_when_expired
                           ? "nobody enters until a newer one is there (UploadSslVpnServerCrl)"
                           : "it goes on being used; upload a newer one (UploadSslVpnServerCrl)",
             .not_after = list.next_update},
            std::chrono::days(0), now_));
    }

    void pem(const model::SslServer& server, const char* kind, const std::string& text,
             const char* what, const char* remedy) {
        const auto end = ports_.authority.end_of(text);
        if (!end) return;
        take({.account = server.account,
              .resource = server.id.text,
              .server = server.id.text,
              .kind = kind,
              .version = std::to_string(seconds_of(*end)),
              .what = fmt::format("{} {}", what, server.id.text),
              .remedy = remedy,
              .not_after = *end});
    }

    Ports& ports_;
    UnixTime now_;
    UnixTime next_;
    std::vector<EventWrite> events_;
};

}  // namespace

Outcome<Page<model::Event>> Events::list(const Call& call, const DescribeEvents& request) {
    const std::lock_guard turn(ports_.turn);
    auto rows = ports_.books.events({.account = call.actor.account,
                                     .kind = request.kind,
                                     .resource = request.resource,
                                     .server = request.server});
    if (!rows) return unexpected(rows.error());
    return page_of(std::move(*rows), request.page);
}

Outcome<void> CertificateWatch::look(UnixTime now) {
    // A clock that was set back makes everything due again; what was told stays told.
    if (now < next_ && now >= looked_at_) return {};
    const std::lock_guard turn(ports_.turn);
    Round round(ports_, now);
    looked_at_ = now;
    next_ = now + look_again_after_failure;
    const auto looked = ports_.books.look([&](Ledger& ledger) {
        for (const model::SslServer& server : ledger.ssl_servers().all())
            round.look_at(ledger, server);
    });
    if (!looked) return looked;
    if (!round.events().empty())
        if (const auto told = ports_.books.append_events(round.events(), now); !told)
            return unexpected(told.error());
    next_ = round.next();
    return {};
}

}  // namespace kanmon::usecases
