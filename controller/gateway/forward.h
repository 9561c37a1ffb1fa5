#pragma once

// Forward: what becomes of a request, in whichever version of HTTP it came: where the table of this
// instant sends it, and how it reads there. Every client's connection asks here, so that all of
// them treat a request alike. On the gate's thread; a head is done with when the call returns.

#include <functional>
#include <string>
#include <string_view>

#include "controller/gateway/access_log.h"
#include "controller/gateway/exchange.h"
#include "controller/result.h"

namespace weir::gateway {

const Listener* listener_in(const View& view, const std::string& name);  // null: not in that table

tl::expected<Choice, Answer> choose(Gate& gate, const Origin& origin, const RequestHead& head);

// Written from what was understood of it; nothing goes on as it came.
Request upstream_request(const RequestHead& head, const Origin& origin, const Choice& choice);

// The header fields of a response that are the client's, as the rule has them.
void for_each_header(const ResponseHead& head, const Choice& choice,
                     const std::function<void(std::string_view, std::string_view)>& visit);

// Sends a copy to whom the rule says, if it is this request's turn. `body`: all of it.
void mirror(Gate& gate, const Request& request, const Choice& choice, std::string_view body);

// What its listener's policy wants said of it; null: nothing.
AccessEntryPtr entry_of(Gate& gate, const Origin& origin, const RequestHead& head,
                        const char* protocol);
// Of one that came to no exchange: the gateway's own answer is all there is to say.
void log_answer(Gate& gate, const AccessEntryPtr& entry, int status);

std::string_view reason_of(int status);
void append_header(std::string& out, std::string_view name, std::string_view value);

}  // namespace weir::gateway
