/* The commit protocol of a consumer group over one partition: claims and epochs, the transaction of a wave, outcomes told, positions settled, the
   broker's offset. Workers crash, lose the partition and are lost sight of (a zombie is one whose lane goes on after another has claimed);
   acknowledgements are lost, the server aborts idle transactions, and the database is restored to a backup while everybody works on.

   Every state is looked at (scripts/check-model). Each rule can be switched off, and then an assertion has to fail:
   NO_EPOCHS, NO_LOCK, NO_INSTANCE, NO_LEFTOVERS, TOLD_LATE, GAP, COMMITTED_EARLY. */

#ifndef RECORDS
#define RECORDS 2
#endif
#define WORKERS 2
/* How often partitions are claimed, and workers crash, in all. */
#ifndef CLAIMS
#define CLAIMS 3
#endif
#ifndef CRASHES
#define CRASHES 1
#endif

/* The database. */
byte epoch, position;
bit applied[RECORDS];
/* Another server after each restore. */
byte instance;
/* Who holds the claim's row for key share. */
bit shares[WORKERS];

/* The topics. */
bit told[RECORDS];

/* The workers: no claim is 0. */
byte claims[WORKERS], instances[WORKERS], lives[WORKERS];
bit finished[WORKERS * RECORDS];

/* Random in truth: never the same again. */
byte nextEpoch = 1;
byte crashes, furthest;

#define isOver (position == RECORDS)

#ifdef NO_EPOCHS
#define isOwn(e, i) (true)
#elif defined(NO_INSTANCE)
#define isOwn(e, i) (epoch == (e))
#else
#define isOwn(e, i) (epoch == (e) && instance == (i))
#endif

#ifdef NO_LOCK
#define isFree (true)
#else
#define isFree (!shares[0] && !shares[1])
#endif

/* Everything below a position has been applied and told. */
inline judge(bound) {
    index = 0;
    do
    :: index < bound -> assert(applied[index] && told[index]); index++
    :: else -> break
    od
}

inline release(worker) {
    claims[worker] = 0;
    index = 0;
    do
    :: index < RECORDS -> finished[worker * RECORDS + index] = 0; index++
    :: else -> break
    od;
    index = 0
}

/* Assignments, losses and crashes. */
proctype controller(byte id) {
    byte mine, index;
end:
    do
    :: isOver -> break
    /* Assigned: `for update`, a new epoch, where to go on, what is finished; commits. */
    :: atomic { nextEpoch <= CLAIMS && isFree && !isOver ->
            release(id);
            mine = nextEpoch;
            nextEpoch++;
            epoch = mine;
            instances[id] = instance;
            do
            :: index < RECORDS -> finished[id * RECORDS + index] = applied[index]; index++
            :: else -> break
            od;
            index = 0 }
        atomic {
            if
            /* What the predecessor left untold comes first. */
            :: do
#ifndef NO_LEFTOVERS
               :: index < RECORDS && finished[id * RECORDS + index] -> told[index] = 1; index++
               :: index < RECORDS && !finished[id * RECORDS + index] -> index++
               :: else -> break
#else
               :: break
#endif
               od;
               index = 0;
               claims[id] = mine
            /* Or it does not come to it. */
            :: true
            fi;
            mine = 0
        }
    :: atomic { crashes < CRASHES -> crashes++; lives[id]++; release(id) }
    od
}

inline tell() {
    atomic {
        if
        :: lives[id] != life -> goto done
        :: else -> told[record] = 1
        fi
    }
}

/* Records in any order, one at a time. */
proctype lane(byte id) {
    byte mine, at, life, record;
end:
    do
    :: isOver -> break
    :: atomic { claims[id] != 0 ->
            select (record : 0 .. RECORDS - 1);
            if
            :: finished[id * RECORDS + record] -> goto done
            :: else -> mine = claims[id]; at = instances[id]; life = lives[id]
            fi }
begin:
        atomic {
            if
            :: lives[id] != life -> goto done
            :: lives[id] == life && isOwn(mine, at) -> shares[id] = 1
            :: lives[id] == life && !isOwn(mine, at) ->
                if
                :: claims[id] == mine -> claims[id] = 0
                :: else
                fi;
                goto done
            fi
        }
        atomic {
            if
            :: lives[id] != life -> shares[id] = 0; goto done
            /* Idle for too long, or the connection was cut. */
            :: lives[id] == life && !shares[id] -> goto begin
            :: lives[id] == life && shares[id] ->
                assert(epoch == mine && instance == at);
                applied[record] = 1;
                shares[id] = 0
            fi
        }
        if
        /* Its acknowledgement is lost: the same again. */
        :: goto begin
        :: true
        fi;
#ifndef TOLD_LATE
        tell();
#endif
        atomic {
            if
            :: lives[id] == life && claims[id] == mine -> finished[id * RECORDS + record] = 1
            :: else
            fi
        }
#ifdef TOLD_LATE
        tell();
#endif
done:
        atomic { mine = 0; at = 0; life = 0; record = 0 }
    od
}

/* Beside the lane: the position, then the broker's offset. */
proctype settler(byte id) {
    byte mine, at, life, reached, index;
end:
    do
    :: isOver -> break
    :: atomic { claims[id] != 0 ->
            mine = claims[id]; at = instances[id]; life = lives[id]; reached = 0;
#ifdef GAP
            do
            :: index < RECORDS ->
                if
                :: finished[id * RECORDS + index] -> reached = index + 1
                :: else
                fi;
                index++
            :: else -> break
            od;
            index = 0;
#else
            do
            :: reached < RECORDS && finished[id * RECORDS + reached] -> reached++
            :: else -> break
            od;
#endif
            if
            :: reached > position -> skip
            :: else -> goto done
            fi }
#ifdef COMMITTED_EARLY
        atomic { assert(reached <= furthest) }
#endif
        atomic {
            if
            :: lives[id] != life || !isOwn(mine, at) -> goto done
            :: else ->
                if
                :: reached > position -> position = reached
                :: else
                fi;
                if
                :: reached > furthest -> furthest = reached
                :: else
                fi;
                judge(position)
            fi;
            index = 0
        }
        atomic {
            if
            :: lives[id] == life && claims[id] == mine -> assert(reached <= furthest)
            :: else
            fi
        }
done:
        atomic { mine = 0; at = 0; life = 0; reached = 0; index = 0 }
    od
}

/* Transactions that keep the server waiting are aborted; once, the database is restored. */
proctype server() {
    byte savedEpoch, savedPosition, index;
    bit saved[RECORDS];
    bit hasBackup;
end:
    do
    :: isOver -> break
    :: atomic { shares[0] -> shares[0] = 0 }
    :: atomic { shares[1] -> shares[1] = 0 }
    :: atomic { instance == 0 && !hasBackup ->
            savedEpoch = epoch; savedPosition = position;
            do
            :: index < RECORDS -> saved[index] = applied[index]; index++
            :: else -> break
            od;
            index = 0;
            hasBackup = 1 }
    :: atomic { instance == 0 && hasBackup ->
            epoch = savedEpoch; position = savedPosition;
            do
            :: index < RECORDS -> applied[index] = saved[index]; saved[index] = 0; index++
            :: else -> break
            od;
            shares[0] = 0; shares[1] = 0;
            savedEpoch = 0; savedPosition = 0; index = 0;
            instance = 1 }
    od
}

init {
    atomic {
        run controller(0); run controller(1);
        run lane(0); run lane(1);
        run settler(0); run settler(1);
        run server()
    }
}
