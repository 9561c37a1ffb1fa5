#include "controller/gateway/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "controller/gateway/task.h"

namespace weir::gateway {

namespace {

constexpr std::size_t kRecordMax = 16 << 10;
// Of TLS's own messages while the peer takes none: a handshake is a tenth, key updates are 30 each.
constexpr std::size_t kOwnMax = 64 << 10;

class TlsStream final : public Stream, private StreamUser, private Task {
 public:
  TlsStream(Io& io, StreamPtr below, TlsContextPtr context, SslPtr ssl, std::string_view first);

  void use(StreamUser& user) override { user_ = &user; }
  void send(std::string_view bytes) override;
  std::size_t unsent() const override { return below_ ? below_->unsent() : 0; }
  void pause() override;
  void resume() override;
  void finish() override;
  void close() override;
  void reset() override;

  // What OpenSSL reads and writes.
  int take(char* to, std::size_t size);
  void put(std::string_view bytes);

 private:
  void on_bytes(std::string_view bytes) override;
  void on_sent() override;
  void on_end(int error) override;
  void due() override;

  bool shake_hands();
  void read();
  void end_of_records(int result);
  void broke(int error);

  StreamPtr below_;  // null: it is over
  const TlsContextPtr context_;
  const SslPtr ssl_;
  StreamUser* user_ = nullptr;  // null: closed
  std::string_view in_;         // came, and is not read
  std::string kept_;            // has it between two calls
  std::size_t own_ = 0;         // bytes that the user did not send, and that have not all gone
  bool sending_ = false;        // for the user
  bool open_ = false;           // the handshake is done
  bool paused_ = false;
  bool below_ended_ = false;
  bool ended_ = false;  // the user knows that no more comes
  bool finished_ = false;
};

// --- OpenSSL's door to the stream below ----------------------------------------------------------

int take_from_stream(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  const int count =
      static_cast<TlsStream*>(BIO_get_data(bio))->take(to, static_cast<std::size_t>(size));
  if (count == 0) BIO_set_retry_read(bio);
  return count > 0 ? count : -1;
}

int put_on_stream(BIO* bio, const char* from, int size) {
  BIO_clear_retry_flags(bio);
  static_cast<TlsStream*>(BIO_get_data(bio))->put({from, static_cast<std::size_t>(size)});
  return size;
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* make_bio(TlsStream& stream) {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir stream");
    BIO_meth_set_read(made, take_from_stream);
    BIO_meth_set_write(made, put_on_stream);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, &stream);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsStream::take(char* to, std::size_t size) {
  const std::size_t count = std::min(size, in_.size());
  if (count > 0) std::memcpy(to, in_.data(), count);
  in_.remove_prefix(count);
  return static_cast<int>(count);
}

void TlsStream::put(std::string_view bytes) {
  if (!below_) return;
  if (!sending_) own_ += bytes.size();
  below_->send(bytes);
}

// --- What comes ----------------------------------------------------------------------------------

TlsStream::TlsStream(Io& io, StreamPtr below, TlsContextPtr context, SslPtr ssl,
                     std::string_view first)
    : Task(io.tasks()),
      below_(std::move(below)),
      context_(std::move(context)),
      ssl_(std::move(ssl)),
      kept_(first) {
  BIO* bio = make_bio(*this);
  SSL_set_bio(ssl_.get(), bio, bio);
  in_ = kept_;
  below_->use(*this);
  if (!in_.empty()) schedule();  // there is no user yet
}

void TlsStream::on_bytes(std::string_view bytes) {
  if (!in_.empty()) {
    kept_.append(bytes);
    bytes = kept_;
  }
  in_ = bytes;
  read();
  if (in_.empty()) {
    kept_ = {};
  } else {
    kept_ = std::string(in_);
  }
  in_ = kept_;
}

bool TlsStream::shake_hands() {
  if (open_) return true;
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    open_ = true;
    if (user_) user_->on_connected();
    return true;
  }
  end_of_records(result);
  return false;
}

void TlsStream::read() {
  if (!below_ || !shake_hands()) return;
  char bytes[kRecordMax];
  while (user_ && below_ && !paused_ && !ended_) {
    ERR_clear_error();
    const int count = SSL_read(ssl_.get(), bytes, sizeof bytes);
    if (count <= 0) return end_of_records(count);
    user_->on_bytes({bytes, static_cast<std::size_t>(count)});
  }
}

// Why there is no more for now, or at all.
void TlsStream::end_of_records(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  ERR_clear_error();
  const bool said = error == SSL_ERROR_ZERO_RETURN;
  if (!said && error != SSL_ERROR_WANT_READ) return broke(EPROTO);
  if (own_ > kOwnMax) return broke(EPROTO);
  if (!said && !below_ended_) return;
  if (!open_) return broke(ECONNRESET);
  if (!std::exchange(ended_, true) && user_) user_->on_end(0);
}

void TlsStream::on_end(int error) {
  if (error != 0) {
    below_.reset();
    if (user_) user_->on_end(error);
    return;
  }
  below_ended_ = true;
  read();  // what is still here, first
}

// The alert that says why is on its way.
void TlsStream::broke(int error) {
  below_.reset();
  if (user_) user_->on_end(error);
}

void TlsStream::pause() {
  paused_ = true;
  if (below_) below_->pause();
}

void TlsStream::resume() {
  if (!below_) return;
  below_->resume();
  // What was held back comes soon, and not while we are being called.
  if (std::exchange(paused_, false)) schedule();
}

void TlsStream::due() {
  if (!user_) {
    delete this;
  } else {
    on_bytes({});
  }
}

// --- What goes -----------------------------------------------------------------------------------

void TlsStream::send(std::string_view bytes) {
  if (!below_ || !open_ || finished_) return;
  sending_ = true;
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kRecordMax);
    ERR_clear_error();
    if (SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size())) <= 0) break;
    bytes.remove_prefix(piece.size());
  }
  sending_ = false;
}

void TlsStream::on_sent() {
  own_ = 0;
  if (user_ && open_) user_->on_sent();
}

void TlsStream::finish() {
  if (!below_ || std::exchange(finished_, true)) return;
  if (open_) SSL_shutdown(ssl_.get());
  below_->finish();
}

void TlsStream::close() {
  if (below_ && open_ && !finished_) SSL_shutdown(ssl_.get());
  ERR_clear_error();
  user_ = nullptr;
  below_.reset();
  schedule();
}

void TlsStream::reset() {
  if (below_) below_->reset();
  below_.reset();
}

}  // namespace

StreamPtr make_tls_stream(Io& io, StreamPtr below, TlsContextPtr context, std::string_view first) {
  SslPtr ssl = context->session();
  if (!ssl) return nullptr;
  return StreamPtr(new TlsStream(io, std::move(below), std::move(context), std::move(ssl), first));
}

}  // namespace weir::gateway
