# The Debian package: what is installed where, and how CPack makes it. tools/build-package calls it.
# Why CPack: docs/decisions/0012-package.md
find_program(KANMON_GZIP gzip REQUIRED)

set(pages ${CMAKE_BINARY_DIR}/pages)
file(MAKE_DIRECTORY ${pages})
string(TIMESTAMP KANMON_DATE "%Y-%m-%d" UTC)  # of SOURCE_DATE_EPOCH, when it is set
add_custom_command(
  OUTPUT ${pages}/kanmond.toml
  COMMAND kanmon-pages ${pages} ${KANMON_DATE}
  COMMAND ${KANMON_GZIP} -9nf ${pages}/kanmon.1 ${pages}/kanmond.8 ${pages}/kanmond.toml.5
  COMMAND ${KANMON_GZIP} -9nc ${CMAKE_SOURCE_DIR}/packaging/kanmon-swarm.1 > ${pages}/kanmon-swarm.1.gz
  COMMAND kanmond --config ${CMAKE_SOURCE_DIR}/packaging/package.toml --print-config > ${pages}/kanmond.toml
  DEPENDS kanmon-pages kanmond ${CMAKE_SOURCE_DIR}/packaging/package.toml
          ${CMAKE_SOURCE_DIR}/packaging/kanmon-swarm.1
  VERBATIM)
if(KANMON_TESTS)
  set(in_all ALL)  # a test makes a package of this build
endif()
add_custom_target(pages ${in_all} DEPENDS ${pages}/kanmond.toml)
add_custom_target(package_contents)
add_dependencies(package_contents pages kanmond kanmon-broker kanmon-control kanmon-data kanmon)
if(TARGET swarm)  # not beside fuzz targets
  add_dependencies(package_contents swarm)
  install(TARGETS swarm RUNTIME DESTINATION bin)
endif()

install(TARGETS kanmond kanmon-broker kanmon-control kanmon-data RUNTIME DESTINATION sbin)
install(TARGETS kanmon RUNTIME DESTINATION bin)
install(FILES ${CMAKE_SOURCE_DIR}/packaging/kanmond.service DESTINATION /lib/systemd/system)
install(FILES ${pages}/kanmond.toml DESTINATION /etc/kanmon)
install(FILES ${pages}/kanmon.1.gz ${pages}/kanmon-swarm.1.gz DESTINATION share/man/man1)
install(FILES ${pages}/kanmond.8.gz DESTINATION share/man/man8)
install(FILES ${pages}/kanmond.toml.5.gz DESTINATION share/man/man5)
install(FILES ${pages}/kanmon.bash DESTINATION share/bash-completion/completions RENAME kanmon)
install(FILES ${pages}/_kanmon DESTINATION share/zsh/vendor-completions)
install(FILES ${pages}/kanmon.fish DESTINATION share/fish/vendor_completions.d)
install(FILES README.md docs/api.md docs/causes.md docs/configuration.md packaging/copyright
        DESTINATION share/doc/kanmon)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME kanmon)
set(CPACK_PACKAGE_CONTACT "Kanmon <kanmon@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "self-hosted SSL-VPN gateway with a cloud's VPC API")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Users keep the OpenVPN programs that they have; operators get the control plane
of a cloud's VPN gateway: the same API, a command line, and reasons instead of
a support FAQ.")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, init-system-helpers, nftables, passwd, procps")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)  # for webhooks
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm
    ${CMAKE_SOURCE_DIR}/packaging/debian/postrm ${CMAKE_SOURCE_DIR}/packaging/debian/conffiles)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # the unit and the settings lie outside of /usr
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
include(CPack)
