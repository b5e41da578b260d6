// Only carries cmake/precompiled.hpp: a library needs a source.
