#!/bin/bash
# Bring up a real Slurm with one node on this machine: Debian's packages, daemons started by hand, no systemd and no cgroups.
# usage: slurm-up.sh FOLDER      (needs root; FOLDER keeps state, logs and process ids; slurm-down.sh FOLDER ends it)
set -euo pipefail
folder=$(mkdir -p "$1" && realpath "$1")
mkdir -p "$folder"/{state,spool,log,run}

if [[ -e /etc/slurm/slurm.conf ]]; then
  echo "slurm-up.sh: this machine has a Slurm of its own (/etc/slurm/slurm.conf); it is left alone" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
packages=(slurmctld slurmd slurm-client munge)
dpkg -s "${packages[@]}" >/dev/null 2>&1 || {
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

until_true() { # wait up to half a minute
  for _ in $(seq 150); do "$@" >/dev/null 2>&1 && return; sleep 0.2; done
  echo "slurm-up.sh: timeout: $*" >&2
  return 1
}

# munge signs what the daemons and the commands say to one another; one that runs already may stay
if ! bash -c 'munge -n | unmunge' >/dev/null 2>&1; then
  [[ -s /etc/munge/munge.key ]] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
  chown munge:munge /etc/munge/munge.key
  chmod 400 /etc/munge/munge.key
  install -d -o munge -g munge -m 755 /run/munge
  install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
  setpriv --reuid munge --regid munge --clear-groups /usr/sbin/munged --force
  cp /run/munge/munged.pid "$folder/run/munged.pid"
  until_true bash -c 'munge -n | unmunge'
fi

host=$(hostname -s)
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo) # MB
cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
ReturnToService=2
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
# decide at once about each new job instead of once a minute
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=5,sched_min_interval=100000,batch_sched_delay=0,bf_interval=5,defer_batch
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# a job that takes more memory than it asked for is killed, also without cgroups
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
# every job that ended leaves a line: the test counts them
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/log/jobs.txt
KillWait=2
MinJobAge=600
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE DefMemPerCPU=500 State=UP
CONF
mkdir -p /etc/slurm
ln -s "$folder/slurm.conf" /etc/slurm/slurm.conf

slurmctld -c
slurmd
until_true bash -c 'sinfo -h -o %T | grep -qE "^(idle|mixed|allocated)$"'
