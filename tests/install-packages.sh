#!/bin/sh
# install-packages.sh PACKAGE...: install Debian packages, as root, and leave no server behind.
#
# Debian's postgresql makes a cluster and starts it, now and at every boot, when it is installed
# for the first time. The tests have servers of their own. So for this one installation a file
# tells it to make none; a PostgreSQL installed later, for other ends, is as Debian means it.
# nginx and Caddy, where they are installed now, are kept from starting now and at boot.
set -eu
settings=/etc/postgresql-common/createcluster.d
ours=$settings/no-cluster-for-tests.conf
policy=

leave_no_trace() {
    rm -f "$ours"
    rmdir --parents --ignore-fail-on-non-empty "$settings"
    [ -z "$policy" ] || rm -f "$policy"
}
trap leave_no_trace EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$settings"
echo "create_main_cluster = false" > "$ours"
case " $* " in
*" nginx "* | *" caddy "*)
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
    fi
    ;;
esac

apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
if [ -n "$policy" ]; then
    case " $* " in
    *" nginx "*) update-rc.d nginx disable ;;
    esac
    case " $* " in
    # It has no script of the kind that update-rc.d looks for: without systemd nothing starts it.
    *" caddy "*) ! command -v systemctl > /dev/null || systemctl disable caddy ;;
    esac
fi
