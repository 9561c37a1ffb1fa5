#pragma once

// Bodies in Kubernetes' protobuf, as typed clients send them (kubectl since 1.32 for `create
// deployment` and its like), read into the document that the same client would have sent as JSON:
// everything after it, from the checks of the URL to admission, knows documents alone. What the
// fields are called is written in crd-schemas/shared/protobuf.yaml. Answers are JSON.
//
// Clients write plain values also when nobody has set them; the table says which zeros are meant,
// the others are left out. A field that has no name in the table and holds something becomes a
// member like "#41", which admission refuses, warns of or drops as any unknown field, by
// `fieldValidation`; of DeleteOptions and Scale, which admission does not see, it is refused here.
//
// Bounded: at most 100,000 values, as in parse_json(), and no deeper than the table's messages
// nest, none of which holds itself. Whatever the bytes are, the worst is a bad_request in
// Kubernetes' words. A pure function, any thread.

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "controller/result.h"

namespace weir::rest {

inline constexpr char kProtobuf[] = "application/vnd.kubernetes.protobuf";

// `body`: "k8s\0" and a runtime.Unknown, which says what the message in it is.
Result<nlohmann::json> protobuf_document(std::string_view body);

}  // namespace weir::rest
