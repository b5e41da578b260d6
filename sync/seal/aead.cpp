#include "sync/seal/aead.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "sync/seal/secret.hpp"

namespace fieldpost::seal {

namespace {

const unsigned char* as_uchar(BytesView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* as_uchar(Bytes& bytes) {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

Error does_not_open() {
    return fail(ErrorCode::corrupt,
                "sealed data does not open: it was changed or moved, or another key sealed it");
}

class XChaCha20Poly1305 : public Aead {
  public:
    std::size_t nonce_bytes() const override { return crypto_aead_xchacha20poly1305_ietf_NPUBBYTES; }

    Bytes seal(BytesView key, BytesView nonce, BytesView bound, BytesView content) const override {
        static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == tag_bytes);
        static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == secret_bytes);
        Bytes out(content.size() + tag_bytes, '\0');
        crypto_aead_xchacha20poly1305_ietf_encrypt(as_uchar(out), nullptr, as_uchar(content), content.size(),
                                                   as_uchar(bound), bound.size(), nullptr, as_uchar(nonce),
                                                   as_uchar(key));
        return out;
    }

    Result<Bytes> open(BytesView key, BytesView nonce, BytesView bound, BytesView sealed) const override {
        if (sealed.size() < tag_bytes) return does_not_open();
        Bytes out(sealed.size() - tag_bytes, '\0');
        const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
            as_uchar(out), nullptr, nullptr, as_uchar(sealed), sealed.size(), as_uchar(bound), bound.size(),
            as_uchar(nonce), as_uchar(key));
        if (opened != 0) return does_not_open();
        return out;
    }
};

class Aes256Gcm : public Aead {
  public:
    Aes256Gcm() : cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)) {
        if (cipher_ == nullptr) std::abort();  // OpenSSL's default provider has it
    }
    ~Aes256Gcm() override { EVP_CIPHER_free(cipher_); }
    Aes256Gcm(const Aes256Gcm&) = delete;
    Aes256Gcm& operator=(const Aes256Gcm&) = delete;

    std::size_t nonce_bytes() const override { return 12; }

    Bytes seal(BytesView key, BytesView nonce, BytesView bound, BytesView content) const override {
        const Context context = begin(key, nonce, bound, true);
        Bytes out(content.size() + tag_bytes, '\0');
        int size = 0;
        int rest = 0;
        const bool sealed =
            EVP_CipherUpdate(context.get(), as_uchar(out), &size, as_uchar(content), to_int(content)) == 1 &&
            EVP_CipherFinal_ex(context.get(), as_uchar(out) + size, &rest) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes,
                                out.data() + content.size()) == 1;
        if (!sealed) std::abort();  // nothing that is asked of it can fail but for memory
        return out;
    }

    Result<Bytes> open(BytesView key, BytesView nonce, BytesView bound, BytesView sealed) const override {
        if (sealed.size() < tag_bytes) return does_not_open();
        const BytesView content = sealed.substr(0, sealed.size() - tag_bytes);
        Bytes tag(sealed.substr(content.size()));
        const Context context = begin(key, nonce, bound, false);
        Bytes out(content.size(), '\0');
        int size = 0;
        int rest = 0;
        const bool opened =
            EVP_CipherUpdate(context.get(), as_uchar(out), &size, as_uchar(content), to_int(content)) == 1 &&
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
            EVP_CipherFinal_ex(context.get(), as_uchar(out) + size, &rest) == 1;
        if (!opened) return does_not_open();
        return out;
    }

  private:
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

    static int to_int(BytesView bytes) { return static_cast<int>(bytes.size()); }

    Context begin(BytesView key, BytesView nonce, BytesView bound, bool sealing) const {
        Context context(EVP_CIPHER_CTX_new());
        int size = 0;
        const bool begun =
            context &&
            EVP_CipherInit_ex2(context.get(), cipher_, as_uchar(key), as_uchar(nonce), sealing ? 1 : 0,
                               nullptr) == 1 &&
            EVP_CipherUpdate(context.get(), nullptr, &size, as_uchar(bound), to_int(bound)) == 1;
        if (!begun) throw std::bad_alloc();
        return context;
    }

    EVP_CIPHER* const cipher_;
};

}  // namespace

const Aead* aead(Algorithm algorithm) {
    static const XChaCha20Poly1305 xchacha20_poly1305;
    static const Aes256Gcm aes_256_gcm;
    switch (algorithm) {
        case Algorithm::xchacha20_poly1305:
            return &xchacha20_poly1305;
        case Algorithm::aes_256_gcm:
            return &aes_256_gcm;
    }
    return nullptr;
}

}  // namespace fieldpost::seal
