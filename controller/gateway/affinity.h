#pragma once

// Affinity: by what a user is known from one request to the next (RouteAffinity), and where that
// leads. Every thread, and a weir of tomorrow, finds the same place: nothing is kept.

#include <string>
#include <string_view>
#include <vector>

#include "controller/gateway/snapshot.h"

namespace weir::gateway {

struct User {
  std::string key = {};  // empty: nobody in particular
  // The header field that makes the user known again, for the response; empty: no need.
  std::string name = {};
  std::string value = {};
};

// Who sent this request. Who has no cookie (or header, where one is given) gets one that is new.
User user_of(const RouteAffinity& affinity, std::string_view ip, bool secure,
             const RequestHead& head);

// By the rule's weights. As the weight of one backend grows and that of another one shrinks, a user
// moves once, and never back. Null: none has a weight.
const Backend* backend_of(const User& user, const Rule& rule);

// When it goes, its users are divided among the others, and nobody else's move. One that was tried
// or is ejected is the last resort. Null: the backend has none.
EndpointPtr endpoint_of(const User& user, const Backend& backend,
                        const std::vector<EndpointPtr>& tried, Clock::time_point now);

}  // namespace weir::gateway
