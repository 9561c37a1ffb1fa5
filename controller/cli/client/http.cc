#include "controller/cli/client/http.h"

#include <curl/curl.h>

#include <array>
#include <cerrno>

namespace weir::cli {
namespace {

// 10,000 Pods in one list are about 100 MB; more than this is no answer of ours.
constexpr std::size_t kReplyBytesMax = 512UL << 20;
constexpr std::size_t kErrorBytesMax = 1UL << 20;
constexpr long kConnectTimeoutMs = 10'000;

struct Headers {
  curl_slist* list = nullptr;
  Headers() = default;
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;
  ~Headers() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

// What the callbacks of one transfer know.
struct Transfer {
  CURL* easy = nullptr;
  const Http::Stream* stream = nullptr;
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void(const std::string&)>* warn = nullptr;
  Reply reply = {};
  bool stopped = false;    // the receiver has had enough
  bool too_large = false;  // the limit on a reply was met
};

std::size_t on_bytes(char* data, std::size_t, std::size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
  if (transfer.stream != nullptr && status < 400) {
    transfer.stopped = !transfer.stream->bytes({data, size});
    return transfer.stopped ? CURL_WRITEFUNC_ERROR : size;
  }
  const std::size_t limit = transfer.stream != nullptr ? kErrorBytesMax : kReplyBytesMax;
  transfer.too_large = transfer.reply.body.size() + size > limit;
  if (transfer.too_large) return CURL_WRITEFUNC_ERROR;
  transfer.reply.body.append(data, size);
  return size;
}

// Warning: 299 - "the text, \"quoted\""
std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  const std::string_view line(data, size);
  constexpr std::string_view kName = "warning:";
  if (line.size() < kName.size() || !curl_strnequal(data, kName.data(), kName.size())) return size;
  const std::size_t open = line.find('"');
  if (open == std::string_view::npos) return size;
  std::string text;
  for (std::size_t i = open + 1; i < line.size() && line[i] != '"'; ++i) {
    if (line[i] == '\\' && i + 1 < line.size()) ++i;
    text += line[i];
  }
  (*static_cast<Transfer*>(user)->warn)(text);
  return size;
}

// Called while data flows and at least once a second; a signal ends the wait before.
int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.interrupted != nullptr && transfer.interrupted->load()) return 1;
  if (transfer.stream != nullptr && transfer.stream->tick && !transfer.stream->tick()) {
    transfer.stopped = true;
    return 1;
  }
  return 0;
}

void set_pem(CURL* easy, CURLoption option, const std::string& pem) {
  if (pem.empty()) return;
  curl_blob blob{
      .data = const_cast<char*>(pem.data()), .len = pem.size(), .flags = CURL_BLOB_NOCOPY};
  curl_easy_setopt(easy, option, &blob);
}

std::string host_of(const std::string& server) {
  const std::size_t begin = server.find("://");
  const std::string rest = begin == std::string::npos ? server : server.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

}  // namespace

struct Http::Impl {
  Connection connection;
  Duration request_timeout;
  const std::atomic<bool>* interrupted;
  std::function<void(const std::string&)> warn;
  CURL* easy = nullptr;
  std::array<char, CURL_ERROR_SIZE> curl_message{};

  ~Impl() { curl_easy_cleanup(easy); }

  // Everything is set anew for each request; the connection stays.
  void prepare(const Request& request, Transfer& transfer, Headers& headers) {
    curl_easy_reset(easy);
    curl_message[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_message.data());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_URL, (connection.server + request.path).c_str());
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    const Duration timeout = request.timeout.value_or(request_timeout);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    // Lists are text that repeats itself; streams must come through as they are written.
    if (transfer.stream == nullptr) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    set_credentials(headers);
    headers.add("Accept: " + request.accept);
    headers.add("User-Agent: weir");
    headers.add("Expect:");
    if (request.method != "GET") {
      headers.add("Content-Type: " + request.content_type);
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
  }

  void set_credentials(Headers& headers) {
    set_pem(easy, CURLOPT_CAINFO_BLOB, connection.ca_pem);
    set_pem(easy, CURLOPT_SSLCERT_BLOB, connection.cert_pem);
    set_pem(easy, CURLOPT_SSLKEY_BLOB, connection.key_pem);
    if (connection.insecure) {
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!connection.token.empty()) headers.add("Authorization: Bearer " + connection.token);
    if (!connection.username.empty()) {
      curl_easy_setopt(easy, CURLOPT_USERNAME, connection.username.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, connection.password.c_str());
    }
  }

  Result<Reply> run(const Request& request, const Stream* stream) {
    if (easy == nullptr) return fail(Code::internal, "error: libcurl could not be started");
    Transfer transfer{.easy = easy, .stream = stream, .interrupted = interrupted, .warn = &warn};
    Headers headers;
    prepare(request, transfer, headers);
    const CURLcode result = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer.reply.status);
    if (const char* type = nullptr;
        curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != nullptr) {
      transfer.reply.content_type = type;
    }
    if (result == CURLE_OK || transfer.stopped) {
      if (transfer.reply.status < 400) return std::move(transfer.reply);
      return tl::unexpected(
          server_error(transfer.reply.status, transfer.reply.body, request.doing));
    }
    return tl::unexpected(connection_error(result, transfer));
  }

  Error connection_error(CURLcode result, const Transfer& transfer) const {
    if (result == CURLE_ABORTED_BY_CALLBACK) {
      return {.code = Code::timed_out, .message = kInterrupted};
    }
    if (transfer.too_large) {
      return {.code = Code::too_large, .message = "error: the server's answer is too large"};
    }
    const std::string detail =
        curl_message[0] != '\0' ? curl_message.data() : curl_easy_strerror(result);
    long system_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &system_error);
    if (result == CURLE_COULDNT_CONNECT && system_error == ECONNREFUSED) {
      return {.code = Code::unavailable,
              .message = "The connection to the server " + host_of(connection.server) +
                         " was refused - did you specify the right host or port?"};
    }
    const Code code = result == CURLE_OPERATION_TIMEDOUT ? Code::timed_out : Code::unavailable;
    return {.code = code, .message = "Unable to connect to the server: " + detail};
  }
};

Http::Http(Connection connection, Duration request_timeout, const std::atomic<bool>* interrupted,
           std::function<void(const std::string&)> warn)
    : impl_(new Impl{.connection = std::move(connection),
                     .request_timeout = request_timeout,
                     .interrupted = interrupted,
                     .warn = std::move(warn),
                     .easy = curl_easy_init()}) {}

Http::~Http() = default;
Http::Http(Http&&) noexcept = default;

Result<Reply> Http::send(const Request& request) { return impl_->run(request, nullptr); }

Result<Reply> Http::stream(const Request& request, const Stream& stream) {
  return impl_->run(request, &stream);
}

bool Http::interrupted() const {
  return impl_->interrupted != nullptr && impl_->interrupted->load();
}

std::string escape(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        (byte < 0x80 && std::isalnum(byte) != 0) || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace weir::cli
