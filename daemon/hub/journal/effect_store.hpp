// EffectStore over the hub's database.
#pragma once

#include "daemon/hub/journal/effects.hpp"

namespace fieldpost::hub {

class SqliteEffectStore final : public EffectStore {
  public:
    explicit SqliteEffectStore(Store& store);
    ~SqliteEffectStore() override;

    Result<std::optional<StandingRecord>> record(RecordId record) override;
    Result<std::uint64_t> put(const OwnRecord& record) override;
    Result<StandingField> field(RecordId record, engine::FieldNumber field) override {
        return records_.field(record, field);
    }
    Result<std::uint64_t> change_fields(RecordId record, std::span<const NewValue> values,
                                        const Author& by) override;
    Status keep_conflict(const Conflict& conflict) override;
    Status supersede_conflict(RecordId record, engine::FieldNumber field,
                              const std::string& operation) override;
    Result<std::vector<engine::KnownCorrection>> time_corrections(const std::string& device,
                                                                  const Bytes& boot) override;
    Status keep_time_correction(const std::string& device, const Bytes& boot, const std::string& operation,
                                const engine::KnownCorrection& correction) override;
    Status each_recorded_in(const std::string& device, const Bytes& boot,
                            const std::function<Status(const protocol::Operation&)>& each) override;
    Result<std::optional<protocol::Operation>> newest_report(const std::string& device, int effect,
                                                             protocol::Lane lane) override;
    Status keep_report(const std::string& device, int effect, protocol::Lane lane,
                       const protocol::Operation& operation) override;
    // Of all lanes.
    Result<std::optional<protocol::Operation>> newest_report(const std::string& device, int effect);
    // The newest health record that tells of a start.
    Result<std::optional<protocol::Operation>> newest_start(const std::string& device);

  private:
    struct Statements;
    Result<std::vector<std::string>> areas_of(RecordId property);

    Store& store_;
    Records records_;
    ConflictRows conflicts_;
    std::unique_ptr<Statements> statements_;
};

}  // namespace fieldpost::hub
