#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr std::string_view kFirst[] = {
    "James",     "Mary",    "Robert",  "Patricia",  "John",    "Jennifer",  "Michael",  "Linda",     "David",
    "Elizabeth", "William", "Barbara", "Richard",   "Susan",   "Joseph",    "Jessica",  "Thomas",    "Karen",
    "Carlos",    "Sarah",   "Daniel",  "Lisa",      "Matthew", "Nancy",     "Anthony",  "Sandra",    "Mark",
    "Ashley",    "Donald",  "Emily",   "Steven",    "Donna",   "Andrew",    "Michelle", "Paul",      "Carol",
    "Joshua",    "Amanda",  "Kenneth", "Melissa",   "Kevin",   "Deborah",   "Brian",    "Stephanie", "George",
    "Rebecca",   "Timothy", "Laura",   "Ronald",    "Helen",   "Jason",     "Cynthia",  "Edward",    "Amy",
    "José",      "Ángela",  "Luis",    "María",     "Jesús",   "Guadalupe", "Linh",     "Minh",      "Thuy",
    "Hoang",     "Wei",     "Mei",     "Jun",       "Yan",     "Amir",      "Fatima",   "Omar",      "Layla",
    "Hassan",    "Noor",    "Rajesh",  "Priya",     "Anil",    "Sunita",    "Kwame",    "Ama",       "Ngozi",
    "Chidi",     "Olga",    "Ivan",    "Katarzyna", "Piotr",   "Søren",     "Ingrid",   "Björn",     "Zoë",
    "François",  "Chloé",   "Malik",   "Aaliyah",   "Tyrone",  "Latoya",    "DeShawn",  "Keisha",    "Bao",
    "Mai",
};

constexpr std::string_view kLast[] = {
    "Smith",     "Johnson",   "Williams",  "Brown",     "Jones",     "Garcia",   "Miller",     "Davis",
    "Rodriguez", "Martinez",  "Hernandez", "Lopez",     "Gonzalez",  "Wilson",   "Anderson",   "Thomas",
    "Taylor",    "Moore",     "Jackson",   "Martin",    "Lee",       "Perez",    "Thompson",   "White",
    "Harris",    "Sanchez",   "Clark",     "Ramirez",   "Lewis",     "Robinson", "Walker",     "Young",
    "Allen",     "King",      "Wright",    "Scott",     "Torres",    "Nguyen",   "Hill",       "Flores",
    "Green",     "Adams",     "Nelson",    "Baker",     "Hall",      "Rivera",   "Campbell",   "Mitchell",
    "Carter",    "Roberts",   "Gomez",     "Phillips",  "Evans",     "Turner",   "Diaz",       "Parker",
    "Cruz",      "Edwards",   "Collins",   "Reyes",     "Stewart",   "Morris",   "Morales",    "Murphy",
    "Cook",      "Rogers",    "Gutierrez", "Ortiz",     "Morgan",    "Cooper",   "Peterson",   "Bailey",
    "Reed",      "Kelly",     "Howard",    "Ramos",     "Kim",       "Cox",      "Ward",       "Richardson",
    "Watson",    "Brooks",    "Chavez",    "Wood",      "James",     "Bennett",  "Gray",       "Mendoza",
    "Ruiz",      "Hughes",    "Price",     "Álvarez",   "Castillo",  "Sanders",  "Patel",      "Myers",
    "Long",      "Ross",      "Foster",    "Jiménez",   "Powell",    "Jenkins",  "Perry",      "Russell",
    "Sullivan",  "Bell",      "Coleman",   "Butler",    "Henderson", "Barnes",   "Fisher",     "Vasquez",
    "Simmons",   "Romero",    "Jordan",    "Patterson", "Alexander", "Hamilton", "Graham",     "Reynolds",
    "Griffin",   "Wallace",   "O'Brien",   "O'Connor",  "D'Angelo",  "McDonald", "McCarthy",   "MacLeod",
    "Van Dyke",  "Von Braun", "De Luca",   "St. John",  "Kowalski",  "Nowak",    "Wiśniewski", "Müller",
    "Schröder",  "Weiß",      "Hansen",    "Sørensen",  "Lindqvist", "Petrov",   "Ivanova",    "Kovács",
    "Chen",      "Wang",      "Li",        "Zhang",     "Liu",       "Tran",     "Pham",       "Le",
    "Singh",     "Kaur",      "Shah",      "Khan",      "Ali",       "Hussein",  "Haddad",     "Okafor",
    "Mensah",    "Abebe",     "Nakamura",  "Tanaka",    "Park",      "Choi",     "Yılmaz",     "Silva",
    "Santos",    "Rossi",     "Ferrari",
};

constexpr std::string_view kCompanyWords[] = {
    "Summit",   "Prairie", "Lakeland", "Midwest",    "Keystone",     "Heritage",    "Pioneer",      "Patriot",
    "Liberty",  "Crown",   "Sterling", "Apex",       "Reliable",     "Precision",   "Allied",       "United",
    "Superior", "Central", "Harlow",   "Tri-County", "Great Plains", "Blue Ribbon", "Four Seasons", "All-Pro",
    "A-1",      "Ace",     "Capitol",  "Heartland",  "River City",   "North Star",
};
constexpr std::string_view kCompanyTrades[] = {
    "Builders",   "Construction", "Electric",    "Plumbing",        "Heating & Cooling", "Roofing",
    "Mechanical", "Contractors",  "Restoration", "Fire Protection", "Sign Co",           "Fence",
    "Excavating", "Masonry",      "Pools",       "Solar",
};
constexpr std::string_view kCompanyForms[] = {"Inc",    "LLC",         "Co",   "Corp",
                                              "& Sons", "& Sons, Inc", "Bros", "Group"};
constexpr std::string_view kLandlordWords[] = {"Rental",  "Property", "Realty",  "Residential",
                                               "Housing", "Land",     "Estates", "Homes"};
constexpr std::string_view kLandlordForms[] = {"Holdings LLC",    "Partners LP",    "Management LLC", "Trust",
                                               "Investments LLC", "Properties LLC", "Ventures LLC"};
constexpr std::string_view kFood[] = {"Grill",  "Diner",  "Pizzeria",     "Taquería",
                                      "Café",   "Bakery", "Noodle House", "Barbecue",
                                      "Tavern", "Deli",   "Kitchen",      "Coffee"};
constexpr std::string_view kShops[] = {"Hardware", "Pharmacy",     "Market",      "Auto Repair",
                                       "Salon",    "Books",        "Florist",     "Furniture",
                                       "Liquors",  "Dry Cleaners", "Tire Center", "Jewelers"};
constexpr std::string_view kOffices[] = {"Dental",     "Law Office", "Insurance",        "Family Medicine",
                                         "Accounting", "Travel",     "Physical Therapy", "Title Co"};
constexpr std::string_view kWorks[] = {"Machine Works", "Plating", "Warehouse", "Chemical Supply", "Foundry",
                                       "Cold Storage",  "Freight", "Coatings",  "Plastics",        "Grain"};
constexpr std::string_view kSaints[] = {"St. Mary's", "Saint Anne's", "Mt. Zion", "First",
                                        "Second",     "Trinity",      "Grace",    "Our Lady of Guadalupe",
                                        "Bethel",     "Holy Cross"};
constexpr std::string_view kChurches[] = {"Church", "Baptist Church", "Lutheran Church", "AME Church",
                                          "Chapel", "Temple",         "Parish"};
constexpr std::string_view kHouses[] = {"Terrace", "Towers", "Court",      "Manor", "Commons",
                                        "Lofts",   "Place",  "Apartments", "House"};

std::string join(std::initializer_list<std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (!out.empty()) out += ' ';
        out += word;
    }
    return out;
}

}  // namespace

PersonName person(Random& random) {
    return {random.pick(kFirst), random.pick(kLast), static_cast<char>('A' + random.below(26))};
}

std::string company_name(Random& random) {
    const std::string_view word = random.percent(40) ? random.pick(kLast) : random.pick(kCompanyWords);
    return join({word, random.pick(kCompanyTrades), random.pick(kCompanyForms)});
}

std::string landlord_name(Random& random) {
    const std::string_view word = random.percent(50) ? random.pick(kLast) : random.pick(kCompanyWords);
    return join({word, random.pick(kLandlordWords), random.pick(kLandlordForms)});
}

std::string business_name(Random& random, std::string_view trade) {
    const std::string_view last = random.pick(kLast);
    const std::string_view first = random.pick(kFirst);
    const std::string_view word = random.pick(kCompanyWords);
    Words kinds = kShops;
    if (trade == "Restaurant") kinds = kFood;
    if (trade == "Office") kinds = kOffices;
    if (trade == "Warehouse" || trade == "Manufacturing") kinds = kWorks;
    const std::string_view kind = random.pick(kinds);
    switch (random.below(3)) {
        case 0:
            return join({last, kind});
        case 1:
            return std::string(first) + "'s " + std::string(kind);
        default:
            return join({word, kind});
    }
}

std::string institution_name(Random& random, std::string_view use) {
    const std::string_view last = random.pick(kLast);
    const std::string_view saint = random.pick(kSaints);
    const std::string_view church = random.pick(kChurches);
    const std::string_view house = random.pick(kHouses);
    const std::string_view word = random.pick(kCompanyWords);
    if (use == "School") return join({last, random.percent(70) ? "Elementary School" : "High School"});
    if (use == "Church") return join({saint, church});
    if (use == "Hospital") return join({saint, "Hospital"});
    if (use == "Nursing Home") return join({word, "Care Center"});
    return join({random.percent(50) ? last : word, house});
}

}  // namespace fieldpost::city
