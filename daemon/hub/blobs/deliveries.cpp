#include "daemon/hub/blobs/deliveries.hpp"

#include "sync/base/statement_use.hpp"

namespace fieldpost::hub {

Deliveries::Deliveries(Store& store)
    : number_(store.database(), "SELECT number FROM delivery WHERE device = ? AND sha256 = ?"),
      count_(store.database(),
             "UPDATE device SET delivered = delivered + 1 WHERE device = ? RETURNING delivered"),
      add_(store.database(), "INSERT INTO delivery (device, sha256, number) VALUES (?, ?, ?)"),
      forget_(store.database(), "DELETE FROM delivery WHERE device = ? AND sha256 = ?") {}

Result<std::optional<std::uint64_t>> Deliveries::number(const std::string& device, BytesView sha256) {
    return sql([&]() -> std::optional<std::uint64_t> {
        StatementUse get(number_);
        get->bindNoCopy(1, device);
        bind_blob(*get, 2, sha256);
        if (!get->executeStep()) return std::nullopt;
        return static_cast<std::uint64_t>(get->getColumn(0).getInt64());
    });
}

Result<std::uint64_t> Deliveries::add(const std::string& device, BytesView sha256) {
    return sql([&]() -> Result<std::uint64_t> {
        StatementUse count(count_);
        count->bindNoCopy(1, device);
        if (!count->executeStep()) return fail(ErrorCode::not_found, "there is no device '" + device + "'");
        const std::int64_t number = count->getColumn(0).getInt64();
        StatementUse add(add_);
        add->bindNoCopy(1, device);
        bind_blob(*add, 2, sha256);
        add->bind(3, number);
        add->exec();
        return static_cast<std::uint64_t>(number);
    });
}

Status Deliveries::forget(const std::string& device, BytesView sha256) {
    return sql([&] {
        StatementUse forget(forget_);
        forget->bindNoCopy(1, device);
        bind_blob(*forget, 2, sha256);
        forget->exec();
    });
}

}  // namespace fieldpost::hub
