#include "tools/city/words.hpp"

namespace fieldpost::city {
namespace {

constexpr std::string_view kAwkward[] = {
    "Martin Luther King Jr",
    "Saint Clair",
    "Mount Vernon",
    "Dr Charles Drew",
    "O'Neil",
    "Peña",
    "St Mary's",
    "Mt Pleasant",
    "Seventh North",
    "D'Arcy",
    "La Salle",
    "De La Vina",
    "Núñez",
    "King's",
    "North Bend",
    "West End",
    "East Lake",
    "South Shore",
    "Winston-Salem",
    "Beauséjour",
    "Saint Anne's",
    "Fort Hill",
    "Ft Benton",
    "McKinley",
    "MacArthur",
    "Van Buren",
    "Von Steuben",
    "L'Enfant",
    "São Paulo",
    "Lübeck",
    "John F Kennedy",
    "Cesar E Chavez",
    "Rev J M Ellis",
    "Gen Pulaski",
    "1812",
    "Avenue of the Arts",
    "Park",
    "Court",
    "Circle",
    "Terrace",
    "Old US 51",
};

constexpr std::string_view kPlain[] = {
    "Maple",        "Oak",          "Elm",         "Cedar",       "Pine",         "Walnut",     "Chestnut",
    "Ash",          "Birch",        "Willow",      "Spruce",      "Hickory",      "Sycamore",   "Locust",
    "Poplar",       "Cherry",       "Magnolia",    "Hawthorne",   "Laurel",       "Juniper",    "Hemlock",
    "Linden",       "Beech",        "Mulberry",    "Dogwood",     "Redbud",       "Washington", "Adams",
    "Jefferson",    "Madison",      "Monroe",      "Jackson",     "Harrison",     "Tyler",      "Polk",
    "Taylor",       "Fillmore",     "Pierce",      "Buchanan",    "Lincoln",      "Grant",      "Hayes",
    "Garfield",     "Arthur",       "Cleveland",   "Roosevelt",   "Taft",         "Wilson",     "Harding",
    "Coolidge",     "Hoover",       "Truman",      "Franklin",    "Hamilton",     "Lafayette",  "Clay",
    "Webster",      "Calhoun",      "Douglas",     "Sherman",     "Sheridan",     "Logan",      "Custer",
    "Fremont",      "Carver",       "Tubman",      "Douglass",    "Emerson",      "Thoreau",    "Whittier",
    "Longfellow",   "Hawthorn",     "Irving",      "Bryant",      "Lowell",       "Holmes",     "Poe",
    "Whitman",      "Twain",        "Dickens",     "Shakespeare", "Milton",       "Byron",      "Shelley",
    "Keats",        "Burns",        "Scott",       "Tennyson",    "Wordsworth",   "Arlington",  "Lexington",
    "Concord",      "Bunker",       "Yorktown",    "Saratoga",    "Ticonderoga",  "Trenton",    "Princeton",
    "Harvard",      "Yale",         "Cornell",     "Columbia",    "Dartmouth",    "Brown",      "Oxford",
    "Cambridge",    "Windsor",      "Kensington",  "Chelsea",     "Hampton",      "Essex",      "Sussex",
    "Kent",         "Surrey",       "Norfolk",     "Suffolk",     "Bristol",      "Devon",      "Dorset",
    "Exeter",       "York",         "Lancaster",   "Durham",      "Warwick",      "Berkshire",  "Cheshire",
    "Derby",        "Nottingham",   "Sheffield",   "Stratford",   "Salisbury",    "Canterbury", "Dover",
    "Chester",      "Newport",      "Plymouth",    "Salem",       "Boston",       "Albany",     "Buffalo",
    "Rochester",    "Syracuse",     "Utica",       "Erie",        "Huron",        "Ontario",    "Michigan",
    "Superior",     "Ohio",         "Illinois",    "Indiana",     "Iowa",         "Missouri",   "Wisconsin",
    "Minnesota",    "Dakota",       "Nebraska",    "Kansas",      "Oregon",       "Nevada",     "Utah",
    "Colorado",     "Arizona",      "Texas",       "Louisiana",   "Alabama",      "Georgia",    "Florida",
    "Carolina",     "Virginia",     "Maryland",    "Delaware",    "Pennsylvania", "Vermont",    "Maine",
    "Tennessee",    "Kentucky",     "Mohawk",      "Oneida",      "Seneca",       "Cayuga",     "Onondaga",
    "Tuscarora",    "Iroquois",     "Cherokee",    "Shawnee",     "Pawnee",       "Osage",      "Chippewa",
    "Ottawa",       "Potomac",      "Hudson",      "Mississippi", "Wabash",       "Kankakee",   "Sangamon",
    "Fox",          "Rock",         "River",       "Lake",        "Water",        "Front",      "Canal",
    "Bridge",       "Mill",         "Ferry",       "Dock",        "Harbor",       "Island",     "Shore",
    "Beach",        "Bay",          "Spring",      "Summer",      "Winter",       "Autumn",     "Sunset",
    "Sunrise",      "Morning",      "Prospect",    "Fairview",    "Grandview",    "Lakeview",   "Riverview",
    "Pleasant",     "Highland",     "Hillcrest",   "Hillside",    "Ridge",        "Valley",     "Meadow",
    "Field",        "Forest",       "Wood",        "Garden",      "Orchard",      "Vine",       "Grape",
    "Plum",         "Peach",        "Apple",       "Rose",        "Lily",         "Violet",     "Ivy",
    "Fern",         "Clover",       "Church",      "Chapel",      "College",      "School",     "University",
    "Academy",      "Library",      "Court House", "Market",      "Commerce",     "Merchant",   "Exchange",
    "Bank",         "Liberty",      "Union",       "Federal",     "Congress",     "State",      "Capitol",
    "Constitution", "Independence", "Freedom",     "Justice",     "Temple",       "Division",   "Center",
    "Central",      "Railroad",     "Depot",       "Station",     "Engine",       "Foundry",    "Furnace",
    "Iron",         "Steel",        "Copper",      "Silver",      "Gold",         "Granite",    "Marble",
    "Slate",        "Limestone",    "Quarry",      "Miner",       "Mason",        "Cooper",     "Baker",
    "Butler",       "Carpenter",    "Fisher",      "Fowler",      "Gardner",      "Hunter",     "Miller",
    "Porter",       "Potter",       "Shepherd",    "Smith",       "Tanner",       "Turner",     "Walker",
    "Weaver",       "Wheeler",      "Allen",       "Anderson",    "Bailey",       "Barnes",     "Bennett",
    "Brooks",       "Campbell",     "Carter",      "Clark",       "Collins",      "Cook",       "Cox",
    "Davis",        "Edwards",      "Evans",       "Foster",      "Gray",         "Green",      "Hall",
    "Harris",       "Henderson",    "Hill",        "Howard",      "Hughes",       "James",      "Jenkins",
    "Johnson",      "Jones",        "Kelly",       "Lee",         "Lewis",        "Long",       "Martin",
    "Mitchell",     "Moore",        "Morgan",      "Morris",      "Murphy",       "Myers",      "Nelson",
    "Parker",       "Perry",        "Peterson",    "Phillips",    "Powell",       "Price",      "Reed",
    "Richardson",   "Rivera",       "Roberts",     "Robinson",    "Rogers",       "Ross",       "Russell",
    "Sanders",      "Stewart",      "Sullivan",    "Thompson",    "Torres",       "Ward",       "Watson",
    "White",        "Williams",     "Wright",      "Young",       "Kosciuszko",   "Goethe",     "Schiller",
    "Humboldt",     "Bismarck",     "Garibaldi",   "Bolivar",     "Hidalgo",      "Alice",      "Anna",
    "Bertha",       "Catherine",    "Clara",       "Cora",        "Edna",         "Elizabeth",  "Ella",
    "Emma",         "Florence",     "Grace",       "Helen",       "Ida",          "Jane",       "Julia",
    "Laura",        "Lillian",      "Lucille",     "Mabel",       "Margaret",     "Mary",       "Minnie",
    "Nellie",       "Ruth",         "Sarah",       "Albert",      "Alexander",    "Charles",    "David",
    "Edward",       "Eugene",       "Francis",     "Frederick",   "George",       "Gilbert",    "Henry",
    "Herbert",      "Hugo",         "Isaac",       "Jacob",       "Joseph",       "Leonard",    "Louis",
    "Oscar",        "Otto",         "Paul",        "Peter",       "Philip",       "Raymond",    "Richard",
    "Robert",       "Samuel",       "Theodore",    "Thomas",      "Victor",       "Walter",
};

constexpr std::string_view kOpenings[] = {
    "Maple",   "Oak",   "Cedar",    "Pine",    "Willow", "Birch",   "Fox",     "Deer",   "Eagle",   "Hawk",
    "Heron",   "Quail", "Pheasant", "Wolf",    "Bear",   "Elk",     "Otter",   "Beaver", "Silver",  "Golden",
    "Copper",  "Stone", "Rock",     "Granite", "Clear",  "Crystal", "Cold",    "Spring", "Summer",  "Autumn",
    "Winter",  "Sunny", "Shady",    "Quiet",   "Misty",  "Windy",   "Green",   "Blue",   "White",   "Red",
    "Black",   "Old",   "New",      "Long",    "High",   "Lower",   "Upper",   "Indian", "Hunters", "Country",
    "Prairie", "River", "Lake",     "Orchard", "Apple",  "Cherry",  "Heather", "Ivy",    "Laurel",  "Timber",
};

constexpr std::string_view kEndings[] = {
    "Ridge",  "Hill",  "Hollow", "Valley", "Creek",  "Brook",  "Run",   "Pond",  "Lake",     "Springs",
    "Meadow", "Field", "Grove",  "Wood",   "Forest", "Glen",   "Dale",  "Knoll", "Bluff",    "Point",
    "View",   "Vista", "Crest",  "Gate",   "Mill",   "Farm",   "Manor", "Chase", "Crossing", "Landing",
    "Bend",   "Trace", "Path",   "Bridge", "Church", "Branch", "Park",  "Shore", "Haven",    "Heights",
};

constexpr std::string_view kArterials[] = {
    "Main",           "Market",       "Harlow",     "Veterans",  "Commercial",  "Industrial",
    "Airport",        "Memorial",     "Grand",      "Western",   "Southport",   "Northgate",
    "Riverside",      "Lakeshore",    "Fairground", "Stadium",   "Hospital",    "Cathedral",
    "Olive",          "Broad",        "High",       "Erskine",   "Delmar",      "Halsted",
    "Genesee",        "Salina",       "Geddes",     "Colvin",    "Wolcott",     "Ashland",
    "Pulaski",        "Cicero",       "Archer",     "Addison",   "Belmont",     "Diversey",
    "Fullerton",      "Armitage",     "Kedzie",     "Damen",     "Racine",      "Wentworth",
    "Cottage Grove",  "Stony Island", "Torrence",   "Halpern",   "Rosecrans",   "Beechmont",
    "Reading",        "Vernon",       "Gratiot",    "Telegraph", "Woodward",    "Kingshighway",
    "Natural Bridge", "Hampton Park", "Gravois",    "Chouteau",  "Lemay Ferry",
};

constexpr std::string_view kSt[] = {"Str", "st", "Street."};
constexpr std::string_view kAve[] = {"Av", "Aven", "Avn"};
constexpr std::string_view kBlvd[] = {"Bl", "Blv", "Bvd"};
constexpr std::string_view kRd[] = {"Rd", "Raod"};
constexpr std::string_view kDr[] = {"Drv", "Driv"};
constexpr std::string_view kPl[] = {"Plc", "Pl"};
constexpr std::string_view kCt[] = {"Crt", "Ct"};
constexpr std::string_view kLn[] = {"La", "Ln"};
constexpr std::string_view kTer[] = {"Terr", "Tr"};
constexpr std::string_view kPkwy[] = {"Pky", "Parkwy", "Pkway"};
constexpr std::string_view kCir[] = {"Circ", "Cr"};
constexpr std::string_view kSq[] = {"Sqr", "Sq"};
constexpr std::string_view kHwy[] = {"Hiway", "Hiwy"};
constexpr std::string_view kWay[] = {"Wy", "Way"};
constexpr std::string_view kTrl[] = {"Tr", "Trail"};
constexpr std::string_view kAly[] = {"Al", "Aly"};

constexpr StreetType kTypes[] = {
    {"St", "Street", kSt},  {"Ave", "Avenue", kAve},      {"Rd", "Road", kRd},
    {"Dr", "Drive", kDr},   {"Pl", "Place", kPl},         {"Ln", "Lane", kLn},
    {"Ct", "Court", kCt},   {"Blvd", "Boulevard", kBlvd}, {"Ter", "Terrace", kTer},
    {"Way", "Way", kWay},   {"Pkwy", "Parkway", kPkwy},   {"Cir", "Circle", kCir},
    {"Sq", "Square", kSq},  {"Hwy", "Highway", kHwy},     {"Trl", "Trail", kTrl},
    {"Aly", "Alley", kAly},
};

}  // namespace

Words awkward_street_names() {
    return kAwkward;
}
Words plain_street_names() {
    return kPlain;
}
Words street_name_openings() {
    return kOpenings;
}
Words street_name_endings() {
    return kEndings;
}
Words arterial_names() {
    return kArterials;
}
std::span<const StreetType> street_types() {
    return kTypes;
}

const StreetType* find_street_type(std::string_view posted) {
    for (const StreetType& type : kTypes) {
        if (type.posted == posted) return &type;
    }
    return nullptr;
}

}  // namespace fieldpost::city
