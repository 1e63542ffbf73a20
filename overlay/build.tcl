# Project, block design, bitstream and reports. Run in the folder of the build: vivado -mode batch -source build.tcl
#
# settings.tcl sets the array `given` (see design.tcl), and of it: part, sources, jobs.
# What it leaves beside itself: NAME.bit, NAME.hwh, utilisation.txt, timing.txt, and utilisation_by_cell.txt to read.

set here [file dirname [file normalize [info script]]]
cd $here
source settings.tcl
source sources.tcl
source design.tcl

create_project -force $given(name) project -part $given(part)
add_chip
add_files -fileset constrs_1 -norecurse $given(name).xdc
update_compile_order -fileset sources_1
make_design

set design [get_files $given(name).bd]
generate_target all $design
make_wrapper -files $design -top -import
set_property top $given(name)_wrapper [current_fileset]
update_compile_order -fileset sources_1

launch_runs impl_1 -to_step write_bitstream -jobs $given(jobs)
wait_on_run impl_1
if {[get_property PROGRESS [get_runs impl_1]] ne "100%"} {
    error "implementation ended at [get_property PROGRESS [get_runs impl_1]]: [get_property STATUS [get_runs impl_1]]"
}
open_run impl_1
report_utilization -file utilisation.txt
report_utilization -hierarchical -file utilisation_by_cell.txt
report_timing_summary -max_paths 10 -file timing.txt
file copy -force project/$given(name).runs/impl_1/$given(name)_wrapper.bit $given(name).bit
file copy -force project/$given(name).gen/sources_1/bd/$given(name)/hw_handoff/$given(name).hwh $given(name).hwh
exit
