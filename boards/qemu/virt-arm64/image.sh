# What is special about this board's image; boards/README.md says what each line means.
# shellcheck shell=bash disable=SC2034  # the builder reads them
suite=bookworm
kernel=linux-image-arm64
device_tree= # QEMU makes it
initramfs_modules=(virtio_pci virtio_mmio virtio_blk ext4)
packages=(iproute2)
slot_size=1G
data_size=1280M
bootloader=grub-efi
console=ttyAMA0
