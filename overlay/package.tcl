# The chip as an IP, for block designs of one's own: vivado -mode batch -source package.tcl. Leaves the folder ip.
cd [file dirname [file normalize [info script]]]
source settings.tcl
source sources.tcl

create_project -force packaging packaging -part $given(part)
add_chip
set_property top $given(top) [current_fileset]
update_compile_order -fileset sources_1
ipx::package_project -root_dir ip -vendor firstspike -library rtl -taxonomy /UserIP -import_files -set_current true
set core [ipx::current_core]
set_property name $given(name) $core
set_property version 1.0 $core
set_property display_name "firstspike" $core
foreach bus {s_axi s_axis m_axis} {
    ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core
}
ipx::create_xgui_files $core
ipx::update_checksums $core
ipx::check_integrity $core
ipx::save_core $core
exit
