#include "world/laptop.h"

#include "world/inner_packet.h"
#include "world/judge.h"

namespace kanmon::world {

namespace {

constexpr unsigned reaches_at_once_max = 1000;
constexpr Duration ping_interval = 11s;

}  // namespace

Laptop::Laptop(Person person, const Setup& setup, Agenda& agenda, std::uint64_t seed,
               LaptopWorld& world)
    : person_(std::move(person)),
      setup_(setup),
      agenda_(agenda),
      chance_(seed),
      random_(seed ^ 0x5eed),
      world_(world) {
    roam();
    counts_.floats = 0;
}

void Laptop::later(Duration wait, void (Laptop::*deed)()) {
    agenda_.after(wait, [this, deed, life = life_] {
        if (life == life_) (this->*deed)();
    });
}

void Laptop::wake(Duration wait) {
    if (!retired_) later(wait, &Laptop::connect);
}

void Laptop::connect() {
    if (retired_) return;
    ++life_;
    armed_.reset();
    engine_ = std::make_unique<client::ClientEngine>(
        client::ClientSettings{.personality = person_.personality,
                               .tls = person_.tls,
                               .username = person_.common_name,
                               .password = std::string(right_password),
                               .new_key_sends_after = chance_.between(0s, 60s),
                               .wrapping = person_.wrapping,
                               .unix_seconds = unix_seconds()},
        random_, agenda_.now());
    world_.took_session(person_.index, engine_->session_id());
    after_touch();
}

/// By the laptop's own clock.
std::uint32_t Laptop::unix_seconds() const {
    const std::int64_t boot_seconds = nanoseconds_of(agenda_.now()) / 1'000'000'000;
    return static_cast<std::uint32_t>(1'800'000'000 + boot_seconds - person_.clock_behind);
}

void Laptop::disappear() {
    ++life_;
    armed_.reset();
    engine_.reset();
    sent_away_ = false;
}

void Laptop::retire() {
    retired_ = true;
    if (!engine_) return;
    if (chance_.happens(0.5)) return disappear();
    engine_->leave(agenda_.now());
    after_touch();
}

void Laptop::receive(Buffer datagram) {
    if (!engine_) return;
    audit_.watch(*engine_, datagram);
    engine_->receive(datagram, agenda_.now());
    after_touch();
}

void Laptop::after_touch() {
    while (engine_) {
        if (auto datagram = engine_->next_datagram()) {
            world_.send(person_.index, std::move(*datagram));
        } else if (const auto inner = engine_->next_inner()) {
            world_.heard(person_.index, *inner);
        } else if (const auto event = engine_->next_event()) {
            take(*event);
        } else {
            break;
        }
    }
    arm();
}

void Laptop::take(const client::ClientEvent& event) {
    if (const auto* connected = std::get_if<client::Connected>(&event)) {
        ++counts_.connects;
        sent_away_ = false;
        world_.connected(person_.index, connected->pushed);
        plan_fate();
        later(chance_.between(0s, 2s), &Laptop::work);
    } else if (std::holds_alternative<client::Updated>(event)) {
        ++counts_.updates;
    } else if (std::holds_alternative<client::Renegotiated>(event)) {
        ++counts_.renegotiations;
    } else {
        end(std::get<client::Over>(event));
    }
}

void Laptop::end(const client::Over& over) {
    const bool was_connected = engine_->pushed() != nullptr;
    ++counts_.endings;
    if (over.why == client::Why::refused) ++counts_.refusals;
    const bool unwanted =
        over.why == client::Why::silence || over.why == client::Why::handshake_timeout ||
        over.why == client::Why::tls_failed || over.why == client::Why::unsupported;
    const bool sent_away = over.why == client::Why::told_to_restart &&
                           over.text.find("configuration was changed") != std::string::npos;
    const client::Personality& program = *person_.personality;
    const bool for_names = over.text.find("name servers") != std::string::npos;
    require(!sent_away || !(for_names ? program.takes_name_servers : program.takes_updates),
            "update", person_.common_name + " was sent away for what it could have been told");
    // Told to go while nobody knew where it was: it finds out by itself, from silence or from a new
    // key that nobody answers.
    const bool unheard =
        over.why == client::Why::silence || over.why == client::Why::handshake_timeout;
    const bool missed_a_restart =
        setup_.changes && unheard && settled_at_ > agenda_.now() - silence_after_a_restart;
    if (was_connected && unwanted && !missed_a_restart &&
        !setup_.is_contested(person_.common_name)) {
        ++counts_.lost_connections;
        counts_.last_loss = person_.common_name + " (" + std::string(person_.personality->name) +
                            ") lost its connection, reason " +
                            std::to_string(static_cast<int>(over.why)) + " " + over.text;
    }
    disappear();
    sent_away_ = sent_away;
    const bool wanted = over.why == client::Why::left;
    const Duration restart_pause = sent_away ? 5s : 10s;
    wake(wanted ? chance_.between(1s, 120s) : chance_.between(1s, restart_pause));
}

void Laptop::plan_fate() {
    if (setup_.storm) return;  // what it does by itself would hide what the storm does to it
    later(chance_.between(15s, 150s), &Laptop::meet_fate);
}

void Laptop::meet_fate() {
    if (!engine_ || !engine_->connected() || retired_) return;
    switch (chance_.below(10)) {
        case 0:
        case 1:
        case 2:
            engine_->renegotiate(agenda_.now());
            break;
        case 3:
        case 4:
            roam();
            if (engine_->pushed()->peer_id) break;
            connect();  // its packets name nobody: at the new address it has to start again
            return;
        case 5:
            connect();
            return;  // the program starts again, from the same address and port
        case 6:
            disappear();
            return wake(chance_.between(1s, 200s));
        case 7:
        case 8:
            engine_->leave(agenda_.now());
            break;
        default:
            break;
    }
    after_touch();
    if (engine_ && engine_->connected()) plan_fate();
}

Instant Laptop::reachable_from() const {
    const client::Personality& program = *person_.personality;
    const Instant moved_at = settled_at_ - ping_interval;
    const bool missed_none = setup_.names_changed_at + restarts_sent_within < moved_at;
    const bool told_all = program.takes_name_servers || (program.takes_updates && missed_none);
    return settled_at_ + (told_all ? Duration{} : silence_after_a_restart);
}

/// Another address and port, as behind a new NAT. Nobody else ever uses it.
void Laptop::roam() {
    const std::uint32_t network = 0x0b000000U + (person_.index << 8);  // a /24 for each laptop
    endpoint_ = Endpoint::v4(Ipv4{network + 1U + moves_ % 200U},
                             static_cast<std::uint16_t>(20000 + moves_));
    ++moves_;
    settled_at_ = agenda_.now() + ping_interval;
    ++counts_.floats;
    world_.moved(person_.index, endpoint_);
}

void Laptop::work() {
    if (!engine_ || !engine_->connected()) return;
    InnerPacket packet{.source = engine_->pushed()->address,
                       .destination = Ipv4{0xac100001},
                       .number = world_.next_number(),
                       .true_source = engine_->pushed()->address,
                       .v6 = setup_.server.inner6 && chance_.happens(0.4)};
    if (chance_.happens(0.02)) {
        packet.source.value += static_cast<std::uint32_t>(1 + chance_.below(60));
        packet.allowed = false;
    } else if (chance_.happens(0.02)) {
        packet.destination.value = setup_.server.client_pool.base.value + 6 +
                                   static_cast<std::uint32_t>(4 * chance_.below(60));
        packet.allowed = false;
    } else {
        ++counts_.sent;
    }
    engine_->from_tunnel(encode(packet), agenda_.now());
    later(chance_.between(1s, 9s), &Laptop::work);
    after_touch();
}

void Laptop::arm() {
    if (!engine_) return;
    const auto next = engine_->next_deadline();
    if (!next || (armed_ && *armed_ <= *next)) return;
    armed_ = std::max(*next, agenda_.now());
    agenda_.at(*armed_, [this, life = life_, at = *armed_] {
        if (life != life_ || armed_ != at || !engine_) return;
        armed_.reset();
        reached_at_once_ = engine_->next_deadline() <= agenda_.now() ? reached_at_once_ : 0;
        engine_->reach(agenda_.now());
        const auto after = engine_->next_deadline();
        reached_at_once_ = after && *after <= agenda_.now() ? reached_at_once_ + 1 : 0;
        require(reached_at_once_ < reaches_at_once_max, "progress", "a client's deadline stays");
        after_touch();
    });
}

}  // namespace kanmon::world
