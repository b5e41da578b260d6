# What is special about this board's image; boards/README.md says what each line means.
# shellcheck shell=bash disable=SC2034  # the builder reads them
suite=bookworm
kernel=linux-image-armmp
device_tree=am335x-boneblack.dtb
initramfs_modules=(sdhci-omap omap_hsmmc mmc_block ext4)
packages=(network-manager modemmanager)
slot_size=3G
