# For a vehicle's processor: Debian's cross compiler against the libraries that `tools/install ARCH` unpacks. Tests run
# under QEMU's user emulation. The two toolchain files beside this one set fieldpost_arch, _triple, _processor and _qemu.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${fieldpost_processor})
cmake_path(SET CMAKE_SYSROOT NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../../build/sysroot/${fieldpost_arch})
if(NOT EXISTS ${CMAKE_SYSROOT}/contents)
    message(FATAL_ERROR "The libraries for ${fieldpost_arch} are missing: run tools/install ${fieldpost_arch}")
endif()
set(CMAKE_C_COMPILER ${fieldpost_triple}-gcc)
set(CMAKE_CXX_COMPILER ${fieldpost_triple}-g++)
set(CMAKE_LIBRARY_ARCHITECTURE ${fieldpost_triple})
set(CMAKE_CROSSCOMPILING_EMULATOR ${fieldpost_qemu};-L;${CMAKE_SYSROOT})

# Programs of this machine (protoc), everything else from there.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${CMAKE_SYSROOT}/usr/lib/${fieldpost_triple}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
