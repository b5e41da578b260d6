# How every part of the house is built: one place for warnings, sanitizers and include roots.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()

# Files beyond 2 GB on 32-bit processors too. Not _TIME_BITS: libraries are called with times as they were built for.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    add_compile_definitions(_FILE_OFFSET_BITS=64)
endif()

# A program loads only the libraries that it calls: what one hal driver needs is no burden on the hub.
add_link_options(LINKER:--as-needed)

add_library(fp_flags INTERFACE)
target_compile_options(fp_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
# GCC 12 warns of overlapping copies in std::string's own operator+ once it is inlined (GCC bug 105651).
target_compile_options(fp_flags INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)
target_include_directories(fp_flags INTERFACE ${PROJECT_SOURCE_DIR})

# What is shipped is hardened as Debian does it, and keeps enough to read a crash by: the packages have that apart.
if(CMAKE_BUILD_TYPE STREQUAL Release)
    add_compile_options(-g1 -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
    add_link_options(-Wl,-z,relro,-z,now)
endif()

# Instrumentation goes to generated code too: a report must see through protobuf messages.
if(FIELDPOST_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
    # They find next to nothing here, and cost a tenth of the build.
    add_compile_options(-fno-sanitize=vptr,object-size)
    # The fuzzers run what the unit tests run: compiled once.
    if(FIELDPOST_FUZZ)
        add_compile_options(-fsanitize=fuzzer-no-link)
    endif()
elseif(FIELDPOST_UBSAN)
    add_compile_options(-fsanitize=undefined -fno-sanitize-recover=undefined -fno-sanitize=vptr,object-size)
    add_link_options(-fsanitize=undefined -static-libubsan)
elseif(FIELDPOST_TSAN)
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
endif()

# GCC's own warnings of unset variables and of bounds see ghosts in instrumented code, such as inside std::regex, and in
# system headers that came precompiled. What is built for ARM without either has them.
if(FIELDPOST_PCH OR FIELDPOST_SANITIZE OR FIELDPOST_UBSAN OR FIELDPOST_TSAN)
    set(_ghosts -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread -Wno-free-nonheap-object)
    add_compile_options("$<$<CXX_COMPILER_ID:GNU>:${_ghosts}>")
endif()

# Half of a build is spent on reading the same headers. With FIELDPOST_PCH they are read once, for all that is ours;
# a build without it (what is packaged for ARM) sees to it that every file includes what it uses.
function(fieldpost_precompiled name)
    if(FIELDPOST_PCH)
        target_precompile_headers(${name} REUSE_FROM ${ARGV1})
    endif()
endfunction()

# fieldpost_library(NAME SOURCES ... [PUBLIC deps] [PRIVATE deps])
function(fieldpost_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE fp_flags ${ARG_PRIVATE})
    fieldpost_precompiled(${name} fp_precompiled)
endfunction()

# fieldpost_program(NAME SOURCES ... LINK ...)
function(fieldpost_program name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fp_flags ${ARG_LINK})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
    fieldpost_precompiled(${name} fp_precompiled)
endfunction()

# Tests are compiled often and run once: unoptimized they take half the time to compile. What they test is optimized.
function(fieldpost_compiled_quickly name)
    target_compile_options(${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
endfunction()

# fieldpost_test(NAME SOURCES ... LINK ...): a Catch2 program; the runner's main is compiled once.
function(fieldpost_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE fp_flags fp_test_main Catch2::Catch2 ${ARG_LINK})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300)
    add_dependencies(unit_tests ${name})
    fieldpost_compiled_quickly(${name})
    fieldpost_precompiled(${name} fp_precompiled_for_tests)
endfunction()

# fieldpost_protobuf(TARGET a.proto ...): generated code, compiled without our warnings.
# Includes are written from the project root: #include "sync/records/property.pb.h"
function(fieldpost_protobuf target)
    set(generated)
    foreach(proto ${ARGN})
        cmake_path(ABSOLUTE_PATH proto BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
        cmake_path(RELATIVE_PATH path BASE_DIRECTORY ${PROJECT_SOURCE_DIR} OUTPUT_VARIABLE relative)
        string(REGEX REPLACE "\\.proto$" "" stem ${relative})
        set(out ${PROJECT_BINARY_DIR}/proto/${stem}.pb)
        add_custom_command(
            OUTPUT ${out}.cc ${out}.h
            COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/proto
            COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR} --cpp_out=${PROJECT_BINARY_DIR}/proto ${path}
            DEPENDS ${path} VERBATIM)
        list(APPEND generated ${out}.cc)
    endforeach()
    add_library(${target} STATIC ${generated})
    target_include_directories(${target} SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/proto)
    target_link_libraries(${target} PUBLIC protobuf::libprotobuf)
endfunction()

# fieldpost_embed(TARGET FILE ns::symbol): the text of FILE as `extern const std::string_view symbol` in namespace ns.
function(fieldpost_embed target file symbol)
    string(REGEX MATCH "^(.*)::([^:]+)$" _ ${symbol})
    set(namespace ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(READ ${path} text)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp CONTENT
"#include <string_view>
namespace ${namespace} {
extern const std::string_view ${name};
const std::string_view ${name} = R\"__embed__(${text})__embed__\";
}
" @ONLY)
    set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp)
endfunction()

# fieldpost_embed_bytes(TARGET FILE ns::symbol): the same for a file that is no text.
function(fieldpost_embed_bytes target file symbol)
    string(REGEX MATCH "^(.*)::([^:]+)$" _ ${symbol})
    set(namespace ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE path)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    file(SIZE ${path} size)
    file(READ ${path} digits HEX)
    string(REGEX REPLACE "(..)" "\\\\x\\1" text ${digits})
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp CONTENT
"#include <string_view>
namespace ${namespace} {
extern const std::string_view ${name};
const std::string_view ${name}(\"${text}\", ${size});
}
" @ONLY)
    set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp PROPERTIES COMPILE_OPTIONS -Wno-overlength-strings)
    target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/embed_${name}.cpp)
endfunction()

# Adds each direct subfolder that has a CMakeLists.txt, but for those named in fieldpost_left_out.
macro(fieldpost_add_subfolders)
    file(GLOB _children CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_CURRENT_SOURCE_DIR}/*)
    foreach(_child ${_children})
        cmake_path(GET _child FILENAME _name)
        if(EXISTS ${_child}/CMakeLists.txt AND NOT _name IN_LIST fieldpost_left_out)
            add_subdirectory(${_child})
        endif()
    endforeach()
endmacro()
