#include "controller/engine/http_client.h"

#include <curl/curl.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace weir::engine {

namespace {

using Clock = std::chrono::steady_clock;

// Idle connections that are kept for the next request.
constexpr long kIdleConnections = 16;
constexpr int kLongestWaitMs = 60'000;
constexpr std::size_t kHeadersMax = 256u << 10;

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct EasyFree {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

struct Transfer {
  std::uint64_t id = 0;
  HttpCall call;
  HttpClient::OnAnswer on_answer;
  HttpAnswer answer = {};
  std::size_t header_bytes = 0;
  bool opened = false;
  bool denied = false;
  bool too_large = false;
  bool ended_early = false;  // by us, in success: a cut body, a stream that nobody wants further
  std::unique_ptr<curl_slist, ListFree> headers = {};
  std::unique_ptr<curl_slist, ListFree> connect_to = {};
  std::unique_ptr<CURL, EasyFree> easy = {};
  std::array<char, CURL_ERROR_SIZE> error = {};

  long number(CURLINFO what) const {
    long value = 0;
    curl_easy_getinfo(easy.get(), what, &value);
    return value;
  }
};

std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(bytes, size * count);
  transfer.header_bytes += line.size();
  transfer.too_large = transfer.header_bytes > kHeadersMax;
  if (transfer.too_large) return 0;
  constexpr std::string_view kVersion = "Api-Version:";
  if (line.size() > kVersion.size() &&
      strncasecmp(line.data(), kVersion.data(), kVersion.size()) == 0) {
    const std::string_view value = line.substr(kVersion.size());
    const std::size_t from = value.find_first_not_of(" \t");
    const std::size_t to = value.find_last_not_of(" \t\r\n");
    if (from != value.npos) transfer.answer.api_version = value.substr(from, to - from + 1);
  }
  const bool end_of_headers = line == "\r\n" || line == "\n";
  if (end_of_headers && !transfer.opened && transfer.number(CURLINFO_RESPONSE_CODE) / 100 == 2) {
    transfer.opened = true;
    if (transfer.call.on_open) transfer.call.on_open();
  }
  return line.size();
}

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* to) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.call.may_connect(to->addr)) {
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
  }
  transfer.denied = true;
  return CURL_SOCKET_BAD;
}

// Taking fewer bytes than were given is how a transfer is told to end.
std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view piece(bytes, size * count);
  if (transfer.call.on_bytes && transfer.opened) {
    transfer.ended_early = !transfer.call.on_bytes(piece);
    return transfer.ended_early ? 0 : piece.size();
  }
  std::string& body = transfer.answer.body;
  const std::size_t room = transfer.call.body_max - body.size();
  body.append(piece.substr(0, room));
  if (piece.size() <= room) return piece.size();
  (transfer.call.cut_body ? transfer.ended_early : transfer.too_large) = true;
  return 0;
}

template <class T>
void set(Transfer& transfer, CURLoption option, T value) {
  curl_easy_setopt(transfer.easy.get(), option, value);
}

void set_peer(Transfer& transfer) {
  const Peer* peer = transfer.call.peer.get();
  set(transfer, CURLOPT_URL, ((peer ? peer->base_url : "") + transfer.call.url).c_str());
  set(transfer, CURLOPT_PROTOCOLS_STR, "http,https");
  set(transfer, CURLOPT_PROXY, "");  // no proxy, whatever the environment says
  const bool verify = peer || transfer.call.verify;
  set(transfer, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
  set(transfer, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
  if (!peer) return;
  if (!peer->unix_socket.empty()) {
    set(transfer, CURLOPT_UNIX_SOCKET_PATH, peer->unix_socket.c_str());
  }
  if (!peer->ca_file.empty()) set(transfer, CURLOPT_CAINFO, peer->ca_file.c_str());
  if (!peer->certificate_file.empty()) {
    set(transfer, CURLOPT_SSLCERT, peer->certificate_file.c_str());
  }
  if (!peer->key_file.empty()) set(transfer, CURLOPT_SSLKEY, peer->key_file.c_str());
}

void set_request(Transfer& transfer) {
  const HttpCall& call = transfer.call;
  set(transfer, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  if (call.method != "GET") {
    set(transfer, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    set(transfer, CURLOPT_POSTFIELDS, call.body.data());
    set(transfer, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
  curl_slist* list = nullptr;
  for (const std::string& header : call.headers) list = curl_slist_append(list, header.c_str());
  list = curl_slist_append(list, "Expect:");
  transfer.headers.reset(list);
  set(transfer, CURLOPT_HTTPHEADER, list);
  set(transfer, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.connect_deadline.count()));
  set(transfer, CURLOPT_TIMEOUT_MS, static_cast<long>(call.deadline.count()));
  if (call.silence.count() > 0) {
    set(transfer, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(transfer, CURLOPT_LOW_SPEED_TIME, static_cast<long>(call.silence.count() / 1000));
  }
  set(transfer, CURLOPT_CONNECT_ONLY, call.only_connect ? 1L : 0L);
}

void set_connection(Transfer& transfer) {
  const HttpCall& call = transfer.call;
  const bool guarded = call.may_connect != nullptr;
  set(transfer, CURLOPT_FRESH_CONNECT, call.new_connection || guarded ? 1L : 0L);
  set(transfer, CURLOPT_FORBID_REUSE, call.keep_connection && !guarded ? 0L : 1L);
  if (guarded) {
    set(transfer, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(transfer, CURLOPT_OPENSOCKETDATA, &transfer);
    // A name server that does not answer holds up this call until its deadline, not the thread.
    set(transfer, CURLOPT_QUICK_EXIT, 1L);
  }
  if (call.connect_to.empty()) return;
  const bool ipv6 = call.connect_to.find(':') != std::string::npos;
  const std::string address = ipv6 ? "[" + call.connect_to + "]" : call.connect_to;
  // Of any host and any port, to this host and the same port.
  transfer.connect_to.reset(curl_slist_append(nullptr, ("::" + address + ":").c_str()));
  set(transfer, CURLOPT_CONNECT_TO, transfer.connect_to.get());
}

void prepare(Transfer& transfer) {
  transfer.easy.reset(curl_easy_init());
  set_peer(transfer);
  set_request(transfer);
  set_connection(transfer);
  set(transfer, CURLOPT_NOSIGNAL, 1L);
  set(transfer, CURLOPT_TCP_KEEPALIVE, 1L);  // a stream notices that its server's host has gone
  set(transfer, CURLOPT_ERRORBUFFER, transfer.error.data());
  set(transfer, CURLOPT_PRIVATE, &transfer);
  set(transfer, CURLOPT_HEADERFUNCTION, &on_header);
  set(transfer, CURLOPT_HEADERDATA, &transfer);
  set(transfer, CURLOPT_WRITEFUNCTION, &on_body);
  set(transfer, CURLOPT_WRITEDATA, &transfer);
}

std::string why_failed(const Transfer& transfer, CURLcode code) {
  const long number = transfer.number(CURLINFO_OS_ERRNO);
  if (code == CURLE_COULDNT_CONNECT && number != 0) return std::strerror(static_cast<int>(number));
  const std::string text = transfer.error.data();
  return text.empty() ? curl_easy_strerror(code) : text;
}

tl::expected<HttpAnswer, HttpFailure> outcome(Transfer& transfer, CURLcode code) {
  using What = HttpFailure::What;
  if (code == CURLE_OK || transfer.ended_early) {
    transfer.answer.status = static_cast<int>(transfer.number(CURLINFO_RESPONSE_CODE));
    const char* redirect = nullptr;
    curl_easy_getinfo(transfer.easy.get(), CURLINFO_REDIRECT_URL, &redirect);
    if (redirect) transfer.answer.redirect = redirect;
    return std::move(transfer.answer);
  }
  const bool sent = transfer.number(CURLINFO_REQUEST_SIZE) > 0;
  What what = sent ? What::broken : What::not_sent;
  if (sent && code == CURLE_OPERATION_TIMEDOUT) what = What::too_late;
  if (!sent && transfer.denied) what = What::denied;
  // CURLE_OUT_OF_MEMORY is what libcurl says of a header line over 100 KiB.
  if (transfer.too_large || code == CURLE_OUT_OF_MEMORY) what = What::too_large;
  return tl::unexpected(HttpFailure{.what = what,
                                    .timed_out = code == CURLE_OPERATION_TIMEDOUT,
                                    .why = why_failed(transfer, code)});
}

}  // namespace

class HttpClient::Loop {
 public:
  Loop() {
    static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)initialised;  // it fails only without memory
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kIdleConnections);
    thread_ = std::thread([this] { run(); });
  }
  ~Loop() {
    close();
    curl_multi_cleanup(multi_);
  }

  bool post(std::function<void()> task) {
    {
      const std::lock_guard lock(mutex_);
      if (closing_) return false;
      posted_.push_back(std::move(task));
      if (posted_.size() > 1) return true;  // already woken
    }
    curl_multi_wakeup(multi_);
    return true;
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    curl_multi_wakeup(multi_);
    if (thread_.joinable()) thread_.join();
  }

  void after(Duration delay, std::function<void()> task) {
    timers_.emplace(Clock::now() + delay, std::move(task));
  }

  std::uint64_t start(HttpCall call, OnAnswer on_answer) {
    const std::uint64_t id = ++last_id_;
    auto transfer = std::make_unique<Transfer>(
        Transfer{.id = id, .call = std::move(call), .on_answer = std::move(on_answer)});
    prepare(*transfer);
    curl_multi_add_handle(multi_, transfer->easy.get());
    transfers_.emplace(id, std::move(transfer));
    return id;
  }

  void cancel(std::uint64_t id) {
    after(Duration(0), [this, id] { abandon(id, "cancelled"); });
  }

 private:
  void run() {
    int running = 0;
    while (run_posted()) {
      run_timers();
      curl_multi_perform(multi_, &running);
      if (finish_done()) continue;
      curl_multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
    }
    // What these answers begin is ended here as well.
    while (!transfers_.empty()) abandon(transfers_.begin()->first, "weir is stopping");
  }

  // False: the client closes. What was posted before that still runs.
  bool run_posted() {
    std::vector<std::function<void()>> tasks;
    bool closing = false;
    {
      const std::lock_guard lock(mutex_);
      tasks.swap(posted_);
      closing = closing_;
    }
    for (auto& task : tasks) task();
    return !closing;
  }

  void run_timers() {
    const auto now = Clock::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      auto task = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      task();
    }
  }

  int wait_ms() const {
    if (timers_.empty()) return kLongestWaitMs;
    const auto left = std::chrono::ceil<Duration>(timers_.begin()->first - Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, kLongestWaitMs));
  }

  bool finish_done() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      const auto result = outcome(*transfer, code);
      take(transfer->id)->on_answer(result);
      any = true;
    }
    return any;
  }

  std::unique_ptr<Transfer> take(std::uint64_t id) {
    auto node = transfers_.extract(id);
    curl_multi_remove_handle(multi_, node.mapped()->easy.get());
    return std::move(node.mapped());
  }

  void abandon(std::uint64_t id, std::string why) {
    if (!transfers_.contains(id)) return;
    take(id)->on_answer(tl::unexpected(HttpFailure{.why = std::move(why)}));
  }

  std::mutex mutex_;  // guards the next two
  std::vector<std::function<void()>> posted_;
  bool closing_ = false;
  CURLM* multi_ = nullptr;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::unique_ptr<Transfer>> transfers_;
  std::multimap<Clock::time_point, std::function<void()>> timers_;
  std::thread thread_;
};

HttpClient::HttpClient() : loop_(std::make_unique<Loop>()) {}
HttpClient::~HttpClient() = default;
bool HttpClient::post(std::function<void()> task) { return loop_->post(std::move(task)); }
void HttpClient::close() { loop_->close(); }
void HttpClient::after(Duration delay, std::function<void()> task) {
  loop_->after(delay, std::move(task));
}
std::uint64_t HttpClient::start(HttpCall call, OnAnswer on_answer) {
  return loop_->start(std::move(call), std::move(on_answer));
}
void HttpClient::cancel(std::uint64_t id) { loop_->cancel(id); }

std::optional<Url> parse_url(const std::string& text) {
  const std::unique_ptr<CURLU, UrlFree> parsed(curl_url());
  const auto set =
      curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (set != CURLUE_OK) return std::nullopt;
  const auto part = [&](CURLUPart which) -> std::optional<std::string> {
    char* bytes = nullptr;
    if (curl_url_get(parsed.get(), which, &bytes, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    const std::unique_ptr<char, decltype(&curl_free)> owner(bytes, &curl_free);
    return std::string(bytes);
  };
  const auto host = part(CURLUPART_HOST);
  if (!host) return std::nullopt;
  return Url{.scheme = part(CURLUPART_SCHEME).value_or(""),
             .host = *host,
             .port = part(CURLUPART_PORT).value_or(""),
             .has_credentials = part(CURLUPART_USER) || part(CURLUPART_PASSWORD)};
}

bool same_host(const std::string& url, const std::string& other) {
  const auto a = parse_url(url);
  const auto b = parse_url(other);
  return a && b && a->host == b->host;
}

}  // namespace weir::engine
