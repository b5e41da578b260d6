# What is special about this board's image; boards/README.md says what each line means.
# shellcheck shell=bash disable=SC2034  # the builder reads them
suite=bookworm
kernel=linux-image-arm64/bookworm-backports
device_tree=ti/k3-am625-beagleplay.dtb
initramfs_modules=(sdhci_am654 mmc_block ext4)
packages=(network-manager modemmanager)
slot_size=3G
