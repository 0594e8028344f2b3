"""A BMC made of pyghmi's, as VirtualBMC is: cipher suite 3, no answer to a user name that it does not know.

usage: pyghmi_bmc.py PORT USER PASSWORD
"""

import sys

from pyghmi.ipmi import bmc


class Machine(bmc.Bmc):
    power, device = "off", "default"

    def get_power_state(self):
        return self.power

    def power_on(self):
        self.power = "on"

    def power_off(self):
        self.power = "off"

    power_shutdown = power_off

    def power_reset(self):
        return 0 if self.power == "on" else 0xD5

    def get_boot_device(self):
        return self.device

    def set_boot_device(self, bootdevice):
        self.device = bootdevice


Machine({sys.argv[2]: sys.argv[3]}, port=int(sys.argv[1]), address="127.0.0.1").listen()
