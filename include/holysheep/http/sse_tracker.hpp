#pragma once
#include <string_view>
#include <holysheep/http/dialect.hpp>
namespace holysheep::http {
class SseTracker { public: explicit SseTracker(Dialect); void feed(std::string_view bytes); bool at_event_boundary() const; bool ended() const; };
}
