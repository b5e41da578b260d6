# Everything comes from Debian 12 packages (tools/install lists them); nothing is vendored.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG)
find_package(PahoMqttCpp REQUIRED)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)

if(FIELDPOST_TESTS)
    find_package(Catch2 2 REQUIRED)
    find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
    add_library(fp_rapidcheck INTERFACE)
    target_link_libraries(fp_rapidcheck INTERFACE ${RAPIDCHECK_LIBRARY})
    add_library(fp::rapidcheck ALIAS fp_rapidcheck)
endif()

if(FIELDPOST_HUB)
    # Debian's libgdal-dev pulls in libboost1.74-dev, which cannot be installed beside 1.81. So tools/install unpacks
    # its headers under build/deps/gdal, and we link the runtime library of libgdal32 by its name.
    find_path(GDAL_HEADERS gdal.h PATHS ${PROJECT_SOURCE_DIR}/build/deps/gdal/usr/include/gdal /usr/include/gdal
              NO_CMAKE_FIND_ROOT_PATH)
    find_library(GDAL_RUNTIME NAMES libgdal.so.32 gdal)
    if(NOT GDAL_HEADERS OR NOT GDAL_RUNTIME)
        message(FATAL_ERROR "GDAL is missing: run tools/install, or configure with -DFIELDPOST_HUB=OFF for the device alone")
    endif()
    add_library(fp_gdal INTERFACE)
    target_include_directories(fp_gdal SYSTEM INTERFACE ${GDAL_HEADERS})
    target_link_libraries(fp_gdal INTERFACE ${GDAL_RUNTIME})
    add_library(fp::gdal ALIAS fp_gdal)
endif()
