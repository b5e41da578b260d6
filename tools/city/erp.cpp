// erp/: tax and utility accounts, as a finance system exports them.

#include <algorithm>

#include "tools/city/source.hpp"

namespace fieldpost::city {
namespace {

constexpr TableSpec kAccounts{
    .source = "erp",
    .file = "accounts.csv",
    .number = 10,
    .header =
        "account_number,account_type,parcel_id,service_address,customer_name,status,balance,past_due,"
        "last_payment_amount,last_payment_date,last_bill_date,due_date,years_delinquent,autopay,lien,opened_"
        "on",
    .key = "account_number",
    .date = "last_bill_date",
    .text = "customer_name",
    .number_column = "balance",
    .drift = {.changed = 2000, .removed = 50, .added = 0}};

constexpr int kTax = 0, kWater = 1, kRefuse = 2;

class Erp : public Source {
  public:
    Erp(const Sources& sources, const std::string& folder)
        : Source(sources, folder), accounts_(open(kAccounts)) {}

    void property(const Property& property) override {
        Random random = random_for(property, 0xE4);
        const bool rented_unit = property.use_desc == "Apartment Unit" || property.use_desc == "Suite";
        const bool water = property.built() && random.percent(12);
        const bool refuse = property.built() && random.percent(3);
        if (!rented_unit && random.percent(85)) account(property, kTax);
        if (water) account(property, kWater);
        if (refuse) account(property, kRefuse);
    }

  private:
    void account(const Property& property, int kind) {
        one_row(sources_, accounts_, property, kind, property.born,
                [&](std::uint64_t row, const Fate& fate, Random& random) {
                    write(property, kind, row, fate, random);
                });
    }

    static std::string account_number(std::uint64_t row) {
        std::string digits = shuffled_number(row, kAccounts.number);
        int sum = 0;
        for (std::size_t i = 0; i < digits.size(); ++i) sum += (digits[i] - '0') * (i % 2 == 0 ? 1 : 3);
        return "81-" + digits + "-" + static_cast<char>('0' + (10 - sum % 10) % 10);
    }

    void write(const Property& property, int kind, std::uint64_t row, const Fate& fate, Random& random) {
        constexpr std::string_view kTypes[] = {"property_tax", "water", "refuse"};
        Day billed = kDayZero - 1 - static_cast<int>(random.below(kind == kTax ? 180 : 60));
        const std::int64_t bill = kind == kTax ? (property.land_cents + property.building_cents) / 90 + 12'300
                                               : random.between(1'800, 24'000);
        const bool late = random.percent(11);
        const int years = late && kind == kTax ? random.between(1, 8) : 0;
        std::int64_t balance = random.percent(55) ? 0 : bill;
        const std::int64_t past_due = late ? bill * std::max(1, years) + random.between(100, 9'999) : 0;
        balance += past_due;
        if (!late && random.percent(3)) balance = -random.between(100, 20'000);
        std::int64_t paid = bill;
        Day paid_on = billed - random.between(5, 120) - years * 365;
        std::string_view status = random.percent(2)                              ? "closed"
                                  : kind == kWater && late && random.percent(20) ? "shutoff"
                                                                                 : "active";
        if (fate.changed_on > 0) {  // a bill was paid, or a new one sent
            billed = changed_day(fate);
            if (balance > 0) {
                paid = balance;
                paid_on = changed_day(fate);
                balance = 0;
            } else {
                balance = bill;
            }
        }
        const Day due = billed + 30;
        Manners manners{.by_address = 7, .care = Care::clerk};
        Reference reference = refer(sources_, property, manners, random);
        std::string parcel;
        for (const char c : reference.parcel_id) {
            if (c != '-') parcel += c;
        }
        accounts_.add(account_number(row))
            .add(kTypes[kind])
            .add(parcel)
            .add(upper(reference.address))
            .add(upper(property.owner.name))
            .add(status)
            .add_dollars(balance)
            .add_dollars(std::min(past_due, std::max<std::int64_t>(balance, 0)))
            .add_dollars(paid)
            .add_american(paid_on)
            .add_american(billed)
            .add_american(due)
            .add(years)
            .add(random.percent(18) ? "Y" : "N")
            .add(years > 3 ? "Y" : "N")
            .add_american(kDayZero - random.between(400, 14'000));
        put_linked(sources_, accounts_, row, fate, property, reference);
    }

    Table& accounts_;
};

}  // namespace

std::unique_ptr<Source> erp(const Sources& sources, const std::string& folder) {
    return std::make_unique<Erp>(sources, folder);
}

}  // namespace fieldpost::city
