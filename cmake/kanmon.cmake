# One folder is one target. `kanmon_folder` names the target after the folder (src/dataplane/wire ->
# kanmon_dataplane_wire) and builds every .cpp in it, so that adding a file needs no edit here.
add_library(kanmon_flags INTERFACE)
target_compile_options(kanmon_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
  -Wnon-virtual-dtor -Woverloaded-virtual -Wnull-dereference
  -fno-strict-aliasing -fstack-protector-strong -D_FORTIFY_SOURCE=0)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these falsely from inlined library code.
  target_compile_options(kanmon_flags INTERFACE
    -Wno-null-dereference -Wno-maybe-uninitialized -Wno-restrict)
endif()
if(KANMON_TESTS)
  # A warning fails our own builds; it must not stop an operator with another compiler.
  target_compile_options(kanmon_flags INTERFACE -Werror)
endif()
if(KANMON_SANITIZE)
  target_compile_options(kanmon_flags INTERFACE
    -fsanitize=${KANMON_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(kanmon_flags INTERFACE -fsanitize=${KANMON_SANITIZE})
endif()
if(KANMON_FUZZ)
  # Edges count where the parsers are, not only in the targets' own files.
  target_compile_options(kanmon_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(KANMON_CCACHE ccache)
if(KANMON_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${KANMON_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${KANMON_CCACHE})
endif()
find_program(KANMON_MOLD mold)
if(KANMON_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# kanmon_folder(LINKS a b ...)
function(kanmon_folder)
  cmake_parse_arguments(ARG "" "" "LINKS" ${ARGN})
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" name ${folder})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  if(sources)
    add_library(kanmon_${name} STATIC ${sources})
    target_include_directories(kanmon_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(kanmon_${name} PRIVATE kanmon_flags PUBLIC ${ARG_LINKS})
  else()
    add_library(kanmon_${name} INTERFACE)
    target_include_directories(kanmon_${name} INTERFACE ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(kanmon_${name} INTERFACE ${ARG_LINKS})
  endif()
endfunction()

# kanmon_test(name LINKS a b ...): every *_test.cpp of the folder in one GoogleTest program, each test a ctest entry.
function(kanmon_test name)
  cmake_parse_arguments(ARG "" "" "LINKS;LABELS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  add_executable(${name} ${sources})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE kanmon_flags kanmon_source_folder ${ARG_LINKS}
                        GTest::gtest GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "unit" TIMEOUT 300)
endfunction()
