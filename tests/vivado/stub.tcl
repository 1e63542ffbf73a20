# Vivado's commands as far as overlay/*.tcl uses them: each knows its arguments, and what they may name.
#
#   tclsh stub.tcl SCRIPT DUMP       runs SCRIPT, writes what it has built to DUMP, one fact a line
#
# What Vivado would refuse, or accept and get wrong, is an error here: an option or object that is not there, a
# parameter that the IP has not, interfaces of two kinds, two masters, pins left open, addresses that overlap, are not
# aligned, or that no master reaches. The catalogue is catalogue.tcl.

source [file join [file dirname [file normalize [info script]]] catalogue.tcl]

# State: cells (name -> vlnv or module), pins (cell/pin -> kind), interfaces (cell/pin -> {mode, vlnv, clock}), params.
foreach table {cell pin interface param driver joined segment space place property} {
    array set built_$table {}
}
set built_steps {}

# --- arguments -------------------------------------------------------------------------------------------------------

# Options of a command as a dict; `words`: of those without a dash. Unknown ones are errors.
proc options {command arguments valued flags most} {
    set found [dict create words {}]
    while {[llength $arguments]} {
        set arguments [lassign $arguments word]
        if {[lsearch -exact $flags $word] >= 0} {
            dict set found $word 1
        } elseif {[lsearch -exact $valued $word] >= 0} {
            if {![llength $arguments]} { error "$command: $word: no value" }
            set arguments [lassign $arguments value]
            dict set found $word $value
        } elseif {[string match -* $word] && ![string is double -strict $word]} {
            error "$command: no option $word"
        } else {
            dict lappend found words $word
        }
    }
    if {[llength [dict get $found words]] > $most} {
        error "$command: more than $most: [dict get $found words]"
    }
    return $found
}

proc need {command found args} {
    foreach option $args {
        if {![dict exists $found $option]} { error "$command: $option is missing" }
    }
}

proc one {what table name} {
    upvar #0 built_$table known
    if {![info exists known($name)] || ($table in {pin interface} && ![in_use $name])} { error "$what: no $name" }
    return $name
}

proc step {what} { lappend ::built_steps $what }

# --- project ---------------------------------------------------------------------------------------------------------

proc create_project {args} {
    set found [options create_project $args {-part} {-force} 2]
    need create_project $found -part
    if {[lsearch -exact $::parts [dict get $found -part]] < 0} { error "create_project: no part [dict get $found -part]" }
    lassign [dict get $found words] ::built_project ::built_project_folder
    set ::built_part [dict get $found -part]
    file mkdir $::built_project_folder
    step project
}
proc current_project {} { return project:$::built_project }
proc current_fileset {} { return fileset:sources_1 }
set built_files {}
set built_constraints {}
proc add_files {args} {
    set found [options add_files $args {-fileset} {-norecurse} 1]
    foreach path [lindex [dict get $found words] 0] {
        if {![file isfile $path]} { error "add_files: $path: not there" }
        if {[dict exists $found -fileset]} {
            if {[dict get $found -fileset] ne "constrs_1"} { error "add_files: no fileset [dict get $found -fileset]" }
            lappend ::built_constraints [file normalize $path]
        } else {
            lappend ::built_files [file normalize $path]
        }
    }
}
proc update_compile_order {args} {
    need update_compile_order [options update_compile_order $args {-fileset} {} 0] -fileset
}
proc get_files {pattern} {
    if {[info exists ::built_design] && $pattern eq "$::built_design.bd"} { return bd:$::built_design }
    set found [lsearch -all -inline -glob $::built_files *$pattern]
    if {$found eq ""} { error "get_files: none is $pattern" }
    return $found
}
# set_property NAME VALUE OBJECTS, or set_property -dict {NAME VALUE ...} OBJECTS
proc set_property {args} {
    if {[lindex $args 0] eq "-dict"} {
        if {[llength $args] != 3} { error "set_property -dict: [llength $args] words" }
        lassign $args - pairs objects
    } else {
        if {[llength $args] != 3} { error "set_property: [llength $args] words, not NAME VALUE OBJECTS" }
        lassign $args name value objects
        set pairs [list $name $value]
    }
    if {$objects eq ""} { error "set_property: no object for $pairs" }
    if {[llength $pairs] % 2} { error "set_property: an odd list, $pairs" }
    foreach object $objects {
        foreach {name value} $pairs {
            if {[info exists ::built_cell($object)]} {
                set_parameter $object $name $value
            } else {
                set ::built_property($object,$name) $value
            }
        }
    }
}
proc set_parameter {cell name value} {
    if {![regsub {^CONFIG\.} $name {} plain]} { error "$cell: $name does not begin with CONFIG." }
    set of $::built_cell($cell)
    if {![dict exists $::ip $of parameters $plain]} { error "$cell ($of): no parameter $plain" }
    if {![expr [dict get $::ip $of parameters $plain]]} { error "$cell ($of): $plain is not $value" }
    set ::built_param($cell,$plain) $value
    if {[dict exists $::ip $of grow]} { grow $cell }
}

# --- block design ----------------------------------------------------------------------------------------------------

proc create_bd_design {name} { set ::built_design $name; step design }
proc create_bd_cell {args} {
    set found [options create_bd_cell $args {-type -vlnv -reference} {} 1]
    need create_bd_cell $found -type
    set name [dict get $found words]
    if {[info exists ::built_cell($name)]} { error "create_bd_cell: $name twice" }
    switch [dict get $found -type] {
        ip {
            need create_bd_cell $found -vlnv
            set vlnv [resolve [dict get $found -vlnv]]
            set ::built_cell($name) $vlnv
            foreach {pin kind} [dict get $::ip $vlnv pins] { set ::built_pin($name/$pin) $kind }
            foreach {pin about} [dict get $::ip $vlnv interfaces] { set ::built_interface($name/$pin) $about }
            foreach {seg about} [dict get $::ip $vlnv segments] { set ::built_segment($name/$seg) $about }
            foreach {space about} [dict get $::ip $vlnv spaces] { set ::built_space($name/$space) $about }
            if {[dict exists $::ip $vlnv grow]} { grow $name }
        }
        module {
            need create_bd_cell $found -reference
            set ::built_cell($name) module:[dict get $found -reference]
            module $name [dict get $found -reference]
        }
        default { error "create_bd_cell: no type [dict get $found -type]" }
    }
    return $name
}
proc resolve {vlnv} {
    set found [lsearch -all -inline -glob [dict keys $::ip] [expr {[llength [split $vlnv :]] == 3 ? "$vlnv:*" : $vlnv}]]
    if {[llength $found] != 1} { error "create_bd_cell: no IP $vlnv" }
    return [lindex $found 0]
}
# As many interfaces as NUM_SI and NUM_MI say.
proc grow {cell} {
    foreach {parameter prefix mode} {NUM_SI S Slave NUM_MI M Master} {
        set count [expr {[info exists ::built_param($cell,$parameter)] ? $::built_param($cell,$parameter) : 1}]
        foreach name [array names ::built_interface $cell/$prefix??_AXI] { unset ::built_interface($name) }
        for {set i 0} {$i < $count} {incr i} {
            set ::built_interface($cell/[format %s%02d_AXI $prefix $i]) [list $mode xilinx.com:interface:aximm_rtl:1.0 aclk]
        }
    }
}
# Ports and interfaces of a Verilog module, by its attributes. SystemVerilog at the top is refused, as Vivado does.
proc module {cell name} {
    set path [lsearch -inline -glob $::built_files */$name.*]
    if {$path eq ""} { error "create_bd_cell: no source of module $name" }
    if {[file extension $path] ne ".v"} { error "create_bd_cell: $name is not Verilog but [file extension $path]" }
    set handle [open $path]
    set text [read $handle]
    close $handle
    if {![regexp "module\\s+$name\\M" $text]} { error "create_bd_cell: $path holds no module $name" }
    set port {((?:\(\*[^*]*\*\)\s*)*)\m(input|output)\s+(?:wire\s+|reg\s+)?(?:\[[^\]]*\]\s*)?(\w+)}
    foreach {- attributes way pin} [regexp -all -inline $port $text] {
        if {[regexp {X_INTERFACE_INFO\s*=\s*"(\S+)\s+(\S+)\s+(\S+)"} $attributes - vlnv bus signal]} {
            if {[dict exists $::bus_signals [string map {:1.0 _rtl:1.0} $vlnv]]} {
                set vlnv [string map {:1.0 _rtl:1.0} $vlnv]  ;# as block designs call an interface of this kind
            }
            dict set buses $bus vlnv $vlnv
            dict set buses $bus signals $signal $way
            if {[regexp {ASSOCIATED_BUSIF\s+([\w:]+)} $attributes - clocked]} {
                foreach one [split $clocked :] { set clock_of($one) $pin }
                if {![regexp {ASSOCIATED_RESET\s+(\w+)} $attributes - reset]} { error "$name: $pin: no ASSOCIATED_RESET" }
            }
            if {[string match *:clock:* $vlnv] || [string match *:reset:* $vlnv]} {
                set ::built_pin($cell/$pin) [list [lindex [split $vlnv :] 2] $way]
                if {[string match *:reset:* $vlnv] && ![regexp {POLARITY\s+ACTIVE_LOW} $attributes]} {
                    error "$name: $pin: no POLARITY ACTIVE_LOW"
                }
                dict unset buses $bus
            }
        } else {
            set ::built_pin($cell/$pin) [list data $way]
        }
    }
    foreach {bus about} $buses {
        set vlnv [dict get $about vlnv]
        set own [dict get $::bus_signals $vlnv]
        set signals [dict get $about signals]
        foreach {signal way} $signals {
            if {![dict exists $own $signal]} { error "$name: $bus: $vlnv has no $signal" }
        }
        foreach {signal from} $own {
            if {![dict exists $signals $signal]} {
                if {[lsearch -exact $::may_miss $signal] < 0} { error "$name: $bus: $signal is missing" }
                continue
            }
            lappend modes [expr {([dict get $signals $signal] eq "output") == ($from eq "master") ? "Master" : "Slave"}]
        }
        if {[llength [lsort -unique $modes]] != 1} { error "$name: $bus: signals of both directions" }
        if {![info exists clock_of($bus)]} { error "$name: $bus: no clock names it" }
        set ::built_interface($cell/$bus) [list [lindex $modes 0] $vlnv $clock_of($bus)]
        if {$vlnv eq "xilinx.com:interface:aximm_rtl:1.0"} { set ::built_segment($cell/$bus/reg0) [list $bus] }
        unset modes
    }
}
proc create_bd_intf_port {args} {
    set found [options create_bd_intf_port $args {-mode -vlnv} {} 1]
    need create_bd_intf_port $found -mode -vlnv
    set ::built_interface([dict get $found words]) [list Slave [dict get $found -vlnv] {}]  ;# seen from within
}
foreach {command table} {get_bd_pins pin get_bd_intf_pins interface get_bd_intf_ports interface
                         get_bd_addr_segs segment get_bd_addr_spaces space} {
    proc $command {name} "return \[one $command $table \$name\]"
}
proc get_bd_cells {name} { return [one get_bd_cells cell $name] }

proc connect_bd_net {args} {
    set found [options connect_bd_net $args {-net} {} 99]
    set sinks [lassign [dict get $found words] source]
    lassign $::built_pin($source) kind way
    if {$way ne "output"} { error "connect_bd_net: $source drives nothing" }
    if {![llength $sinks]} { error "connect_bd_net: $source alone" }
    foreach sink $sinks {
        lassign $::built_pin($sink) to direction
        if {$direction ne "input"} { error "connect_bd_net: $sink is an output" }
        if {$to ne $kind} { error "connect_bd_net: $source is a $kind, $sink a $to" }
        if {[info exists ::built_driver($sink)]} { error "connect_bd_net: $sink has two drivers" }
        set ::built_driver($sink) $source
    }
}
proc connect_bd_intf_net {args} {
    set found [options connect_bd_intf_net $args {-intf_net} {} 2]
    lassign [dict get $found words] a b
    lassign $::built_interface($a) mode_a kind_a
    lassign $::built_interface($b) mode_b kind_b
    if {$kind_a ne $kind_b} { error "connect_bd_intf_net: $a is $kind_a, $b $kind_b" }
    if {$mode_a eq $mode_b} { error "connect_bd_intf_net: $a and $b are both $mode_a" }
    foreach one [list $a $b] {
        if {[info exists ::built_joined($one)]} { error "connect_bd_intf_net: $one twice" }
    }
    set ::built_joined($a) $b
    set ::built_joined($b) $a
}

proc bytes {range} {
    if {[regexp {^(\d+)([KMG])$} $range - count unit]} {
        return [expr {$count << [dict get {K 10 M 20 G 30} $unit]}]
    }
    if {![string is entier -strict $range]} { error "assign_bd_address: no range $range" }
    return [expr {$range}]
}
proc assign_bd_address {args} {
    set found [options assign_bd_address $args {-offset -range -target_address_space} {-force} 1]
    need assign_bd_address $found -offset -range -target_address_space
    set space [dict get $found -target_address_space]
    set segment [dict get $found words]
    set offset [expr {[dict get $found -offset]}]
    set span [bytes [dict get $found -range]]
    if {$span < 4096 || $span & ($span - 1)} { error "assign_bd_address: $segment: a range of $span bytes" }
    if {$offset % $span} { error "assign_bd_address: $segment: [format %#x $offset] is not aligned to its range" }
    if {![reaches $space $segment]} { error "assign_bd_address: $space does not reach $segment" }
    lassign [lindex $::built_space($space) 1] low high
    if {$offset < $low || $offset + $span - 1 > $high} {
        error "assign_bd_address: $segment: [format %#x $offset] lies outside of what $space sees"
    }
    foreach {key about} [array get ::built_place $space,*] {
        lassign $about begin size
        if {$offset < $begin + $size && $begin < $offset + $span} { error "assign_bd_address: $segment overlaps $key" }
    }
    set ::built_place($space,$segment) [list $offset $span]
}
# From a space's master interface through buses to the segment's slave interface.
proc reaches {space segment} {
    set cell [lindex [split $segment /] 0]
    set wanted $cell/[lindex $::built_segment($segment) 0]
    set todo [list [lindex [split $space /] 0]/[lindex $::built_space($space) 0]]
    while {[llength $todo]} {
        set todo [lassign $todo at]
        if {![info exists ::built_joined($at)]} { continue }
        set other $::built_joined($at)
        if {$other eq $wanted} { return 1 }
        set bus [lindex [split $other /] 0]
        if {[info exists ::built_cell($bus)] && [string match *:smartconnect:* $::built_cell($bus)]} {
            lappend todo {*}[array names ::built_interface $bus/M??_AXI]
        }
    }
    return 0
}

proc validate_bd_design {} {
    foreach {name about} [array get ::built_pin] {
        lassign $about kind way needed
        if {$way eq "input" && $needed ne "optional" && ![info exists ::built_driver($name)] && [in_use $name]} {
            error "validate_bd_design: $name is open"
        }
    }
    foreach {name about} [array get ::built_interface] {
        if {[lindex $about 3] ne "optional" && ![info exists ::built_joined($name)] && [in_use $name]} {
            error "validate_bd_design: $name is not connected"
        }
        # Both ends of an interface have one clock.
        if {[info exists ::built_joined($name)] && [lindex $about 2] ne ""} {
            set own [lindex [split $name /] 0]/[lindex $about 2]
            if {![info exists ::built_driver($own)]} { error "validate_bd_design: $name: its clock $own is open" }
            lappend clocks $::built_driver($own)
        }
    }
    if {[llength [lsort -unique $clocks]] != 1} { error "validate_bd_design: clocks [lsort -unique $clocks]" }
    foreach {segment about} [array get ::built_segment] {
        if {[info exists ::built_joined([lindex [split $segment /] 0]/[lindex $about 0])]
                && ![llength [array names ::built_place *,$segment]]} {
            error "validate_bd_design: $segment has no address"
        }
    }
    step validated
}
# A pin or interface that is there only with a parameter.
proc in_use {name} {
    set cell [lindex [split $name /] 0]
    if {![info exists ::built_cell($cell)] || ![dict exists $::ip $::built_cell($cell) only]} { return 1 }
    set plain [join [lrange [split $name /] 1 end] /]
    foreach {pattern parameter} [dict get $::ip $::built_cell($cell) only] {
        if {[string match $pattern $plain]} {
            return [expr {[info exists ::built_param($cell,$parameter)] && $::built_param($cell,$parameter)}]
        }
    }
    return 1
}
proc save_bd_design {} { after_step validated saved }
proc after_step {before now} {
    if {[lsearch -exact $::built_steps $before] < 0} { error "$now: not before $before" }
    step $now
}

# --- runs ------------------------------------------------------------------------------------------------------------

proc generate_target {what files} {
    if {$what ne "all" || $files ne "bd:$::built_design"} { error "generate_target: $what $files" }
    after_step saved generated
    set folder $::built_project_folder/$::built_project.gen/sources_1/bd/$::built_design/hw_handoff
    file mkdir $folder
    close [open $folder/$::built_design.hwh w]
}
proc make_wrapper {args} {
    set found [options make_wrapper $args {-files} {-top -import} 0]
    need make_wrapper $found -files -top -import
    after_step generated wrapped
}
proc launch_runs {args} {
    set found [options launch_runs $args {-to_step -jobs} {} 1]
    need launch_runs $found -to_step -jobs
    if {[dict get $found words] ne "impl_1" || [dict get $found -to_step] ne "write_bitstream"} { error "launch_runs: $args" }
    if {$::built_property(fileset:sources_1,top) ne "${::built_design}_wrapper"} { error "launch_runs: the top is not the wrapper" }
    if {$::built_constraints eq ""} { error "launch_runs: no constraints, so no user ID" }
    foreach path $::built_constraints { source $path }
    set user_id $::built_property(design,BITSTREAM.CONFIG.USERID)
    if {![regexp {^0x[0-9a-f]{8}$} $user_id]} { error "launch_runs: BITSTREAM.CONFIG.USERID is not $user_id" }
    after_step wrapped launched
}
proc current_design {} { return design }
proc wait_on_run {run} { after_step launched waited }
proc get_runs {run} { return run:$run }
proc get_property {name object} {
    if {$object eq "run:impl_1"} {
        return [dict get {PROGRESS 100% STATUS {write_bitstream Complete!}} $name]
    }
    return $::built_property($object,$name)
}
proc open_run {run} {
    after_step waited opened
    set folder $::built_project_folder/$::built_project.runs/impl_1
    file mkdir $folder
    close [open $folder/${::built_design}_wrapper.bit w]
}
foreach {command flags} {report_utilization {-hierarchical} report_timing_summary {}} {
    proc $command {args} "
        set found \[options $command \$args {-file -max_paths} {$flags} 0\]
        need $command \$found -file
        after_step opened reported
        close \[open \[dict get \$found -file\] w\]"
}

# --- packaging -------------------------------------------------------------------------------------------------------

namespace eval ipx {
    proc package_project {args} {
        set found [options ipx::package_project $args {-root_dir -vendor -library -taxonomy -set_current} {-import_files} 0]
        need ipx::package_project $found -root_dir -vendor -library
        set top $::built_property(fileset:sources_1,top)
        ::module packaged $top
        step packaged
    }
    proc current_core {} { return core }
    proc associate_bus_interfaces {args} {
        set found [options ipx::associate_bus_interfaces $args {-busif -clock} {} 1]
        need ipx::associate_bus_interfaces $found -busif -clock
        one ipx::associate_bus_interfaces interface packaged/[dict get $found -busif]
        one ipx::associate_bus_interfaces pin packaged/[dict get $found -clock]
    }
    foreach command {create_xgui_files update_checksums check_integrity save_core} {
        proc $command {core} { step [lindex [info level 0] 0] }
    }
}

# --- what was built --------------------------------------------------------------------------------------------------

rename exit leave
proc exit {args} { return -code return }
proc dump {path} {
    set handle [open $path w]
    foreach table {cell param driver joined place} {
        upvar #0 built_$table known
        foreach name [lsort [array names known]] { puts $handle "$table $name $known($name)" }
    }
    puts $handle "part $::built_part"
    catch { puts $handle "user_id $::built_property(design,BITSTREAM.CONFIG.USERID)" }
    puts $handle "steps $::built_steps"
    close $handle
}

set script [lindex $argv 0]
set to [file normalize [lindex $argv 1]]
set argv {}
# The script finds its folder by `info script`, as it would in Vivado.
if {[catch {source $script} message]} {
    puts stderr "ERROR: $message"
    leave 1
}
dump $to
leave 0
